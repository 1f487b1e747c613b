/* The sentences alone: filterctl shows them, too, and has no links to send them over. */
#include "flow/notice.h"

static const char *const cause_texts[CAUSE_COUNT] = {
	[CAUSE_NONE] = "This may not be sent. It was not delivered.",
	[CAUSE_UNSCANNABLE] = "This content can't be inspected, so it was not delivered. Send files through the upload service.",
	[CAUSE_ENCRYPTED] = "Encrypted content may not be sent here, because it can't be inspected. It was not delivered.",
	[CAUSE_TOO_BIG] = "This is too large to be inspected. It was not delivered.",
	[CAUSE_LIMIT] = "This is packed too deeply or too densely to be inspected. It was not delivered.",
	[CAUSE_SCANNER_DOWN] = "Content filter unavailable. Not delivered; please try again.",
	[CAUSE_TIMEOUT] = "The content filter took too long. Not delivered; please try again.",
	[CAUSE_CRASHED] = "The content filter could not inspect this. It was not delivered.",
	[CAUSE_RELOADING] = "The content filter is starting. Not delivered; please try again.",
	[CAUSE_OVER_BUDGET] = "This is too complex to be inspected. It was not delivered.",
	[CAUSE_NO_SPACE] = "The content filter has no space left. Not delivered; please try again later.",
};

static const char *const denial_texts[] = {
	[DENY_NOTHING] = "",
	[DENY_TALK] = "Messages to this address are not allowed.",
	[DENY_FILES] = "Sending files to this address is not allowed.",
	[DENY_FILE_SIZE] = "This file is larger than may be sent to this address.",
	[DENY_TLS] = "Not delivered: your connection is not encrypted.",
	[DENY_PEER_CERT] = "Not delivered: your server has not proved its identity by certificate.",
};

const char *notice_text(const struct decision *d, const char *lang, const char *fallback_lang)
{
	if (d->denial != DENY_NOTHING)
		return denial_texts[d->denial];
	const struct rule *r = d->notify ? d->notify : d->silent ? NULL : d->rule;
	const char *text = r ? rule_text_in(&r->notices, lang, fallback_lang) : NULL;
	if (text)
		return text;
	if (d->action == ACTION_QUARANTINE)
		return "This was not delivered. It is held for review.";
	if (d->malware && d->cause == CAUSE_NONE)
		return "This file carries malware. It was not delivered.";
	if (d->action == ACTION_REDACT)
		return "Parts of your message were masked before delivery.";
	if (d->notify)
		return "Your message was delivered, but it holds what rules of your organisation speak of.";
	return cause_texts[d->cause];
}
