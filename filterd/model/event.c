#include "model/event.h"

#include <stdio.h>
#include <string.h>

static const struct event_info table[EVENT_COUNT] = {
	[EVENT_MALWARE_FOUND] = { "malware.found", SEV_ERROR, 1, "from to name signature sha256 size channel action",
		"A file carried malware; it was not delivered." },
	[EVENT_DLP_MATCH] = { "dlp.match", SEV_WARNING, 1, "from to rule detector count per span confidence evidence hash document share_document share_message across path name sha256 size mode action also channel",
		"A data-loss rule matched (one event for each rule); in monitor mode this is all that happens." },
	[EVENT_DLP_ALLOWED] = { "dlp.allowed", SEV_NOTICE, 1, "from to rule detector count per span confidence evidence hash document share_document share_message across path name sha256 size by until reason channel",
		"A rule would have matched, or found more, but for an entry of the allow-list." },
	[EVENT_POLICY_BLOCK] = { "policy.block", SEV_WARNING, 1, "from to rule cause channel zones", "A stanza was blocked; its sender was told." },
	[EVENT_POLICY_REDACT] = { "policy.redact", SEV_NOTICE, 1, "from to rule channel zones", "A stanza was delivered with findings masked." },
	[EVENT_POLICY_DELIVER_UNSCANNED] = { "policy.deliver-unscanned", SEV_WARNING, 1, "from to cause channel zones",
		"Content that could not be inspected was delivered because policy says so for this cause." },
	[EVENT_QUARANTINE_HELD] = { "quarantine.held", SEV_WARNING, 1, "from to rule cause item sha256 size channel",
		"A stanza or file is held in the quarantine; its sender was told." },
	[EVENT_SCAN_FAILED] = { "scan.failed", SEV_WARNING, 1, "from to cause name channel action worker",
		"A scan did not come to its end; policy's action for the cause was taken." },
	[EVENT_UPLOAD_REFUSED] = { "upload.refused", SEV_NOTICE, 0, "from name size reason status", "An upload was refused before or after its body came." },
	[EVENT_LINK_UP] = { "link.up", SEV_INFO, 0, "link server", "A component link (XEP-0114) is established." },
	[EVENT_LINK_DOWN] = { "link.down", SEV_WARNING, 0, "link server reason retry_ms", "A component link was lost or could not be made." },
	[EVENT_CHANNEL_UP] = { "channel.up", SEV_INFO, 0, "channel software", "A connector attached its inspect channel." },
	[EVENT_CHANNEL_DOWN] = { "channel.down", SEV_WARNING, 0, "channel reason open", "An inspect channel ended; its connector applies on_failure to what is open." },
	[EVENT_CONFIG_RELOADED] = { "config.reloaded", SEV_INFO, 0, "generation detectors signatures", "New configuration and rules are in force." },
	[EVENT_CONFIG_REJECTED] = { "config.rejected", SEV_ERROR, 0, "file line reason", "New configuration or rules are broken; the old ones stay in force." },
	[EVENT_SIGNATURES_RELOADED] = { "signatures.reloaded", SEV_INFO, 0, "generation signatures", "Changed signature databases are in force." },
	[EVENT_SIGNATURES_REJECTED] = { "signatures.rejected", SEV_ERROR, 0, "reason", "Changed signature databases are broken; the old ones stay in force." },
	[EVENT_ENGINE_DEGRADED] = { "engine.degraded", SEV_ERROR, 0, "generation reason",
		"A part of the inspection that was asked for, or is usual, can't be used here; another does its work." },
	[EVENT_WORKER_DIED] = { "worker.died", SEV_WARNING, 0, "slot pid signal code generation", "A scan worker ended and is being replaced." },
	[EVENT_PROCESS_HUNG] = { "process.hung", SEV_ERROR, 0, "role pid reason", "A process of filterd did not do its work; it is being replaced." },
	[EVENT_JOURNAL_REPAIRED] = { "journal.repaired", SEV_WARNING, 0, "entries torn", "After a crash, the journal's tail was replayed, or a torn last entry cut off." },
	[EVENT_JOURNAL_CHECKPOINT] = { "journal.checkpoint", SEV_INFO, 0, "origin entries root signature",
		"The audit journal's signed checkpoint, to be kept outside the machine that writes it." },
	[EVENT_QUARANTINE_REPAIRED] = { "quarantine.repaired", SEV_WARNING, 0, "adopted orphans lost item",
		"At the start, the quarantine's index and files were not the same." },
	[EVENT_SYSLOG_DROPPED] = { "syslog.dropped", SEV_WARNING, 0, "count", "The syslog target was away for so long that events were dropped." },
	[EVENT_SERVICE_START] = { "service.start", SEV_INFO, 0, "version", "filterd started." },
	[EVENT_SERVICE_STOP] = { "service.stop", SEV_INFO, 0, "reason", "filterd stopped." },
};

const struct event_info *event_info(enum event_id id)
{
	return &table[id];
}

enum event_id event_from_name(const char *name)
{
	for (int i = 0; i < EVENT_COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return (enum event_id)i;
	return EVENT_COUNT;
}

void event_record_init(struct event_record *e, enum event_id id, const char *ref)
{
	*e = (struct event_record){ .id = id, .severity = table[id].severity };
	if (ref)
		snprintf(e->ref, sizeof e->ref, "%s", ref);
}

void event_record_add(struct event_record *e, const char *name, const char *value)
{
	if (value && e->nfields < EVENT_FIELDS_MAX)
		e->fields[e->nfields++] = (struct event_field){ name, value };
}
