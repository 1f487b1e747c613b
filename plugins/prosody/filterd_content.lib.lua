-- What of a stanza can be content that people wrote or chose: PROTOCOL.inspect, section 7
-- This program is free software; see the file COPYING of filterd (GPL-2.0).
--
-- Returns a function: true if the stanza must be shown to filterd. It looks at names alone; what is not in the table
-- below counts as content, so that an extension nobody here has heard of is held.

local jid = require "util.jid";

local xmlns_client = "jabber:client";

local function blank(tag) -- no text of its own
	for i = 1, #tag do
		if type(tag[i]) == "string" and tag[i]:find("%S") then return false; end
	end
	return true;
end

-- Attributes nobody knows are a place to write in, too.
local function only_attributes(tag, known)
	for name in pairs(tag.attr) do
		if not known[name] then return false; end
	end
	return true;
end

local attributes_of_stanza = { from = true, to = true, id = true, type = true, ["xml:lang"] = true };

local function leaf_with(...)
	local known = { xmlns = true };
	for _, name in ipairs { ... } do known[name] = true; end
	return function (tag)
		return tag.tags[1] == nil and blank(tag) and only_attributes(tag, known);
	end
end
local bare_leaf = leaf_with();

local function text_matching(pattern)
	local bare = { xmlns = true };
	return function (tag)
		return tag.tags[1] == nil and only_attributes(tag, bare) and tag:get_text():find(pattern) ~= nil;
	end
end

local presence_shows = { away = true, chat = true, dnd = true, xa = true };
local function known_show(tag)
	return tag.tags[1] == nil and next(tag.attr) == nil and presence_shows[tag:get_text()] or false;
end

local is_photo_hash = text_matching("^"..("%x?"):rep(40).."$"); -- SHA-1
local function only_photo_hash(tag)
	if not only_attributes(tag, { xmlns = true }) then return false; end
	for _, child in ipairs(tag.tags) do
		if child.name ~= "photo" or not is_photo_hash(child) then return false; end
	end
	return blank(tag);
end

local is_history = leaf_with("maxchars", "maxstanzas", "seconds", "since");
local function only_history(tag) -- a room's password is chosen text
	if not only_attributes(tag, { xmlns = true }) then return false; end
	for _, child in ipairs(tag.tags) do
		if child.name ~= "history" or not is_history(child) then return false; end
	end
	return blank(tag);
end

local get, get_result = { get = true }, { get = true, result = true };
local any_type = { get = true, set = true, result = true };

local passes = {
	message = { -- namespace -> element name, or "*" -> test
		["http://jabber.org/protocol/chatstates"] = { active = bare_leaf, composing = bare_leaf, paused = bare_leaf,
			inactive = bare_leaf, gone = bare_leaf };
		["urn:xmpp:receipts"] = { request = bare_leaf, received = leaf_with("id") };
		["urn:xmpp:chat-markers:0"] = { markable = bare_leaf, received = leaf_with("id"), displayed = leaf_with("id"),
			acknowledged = leaf_with("id") };
		["urn:xmpp:hints"] = { store = bare_leaf, ["no-store"] = bare_leaf, ["no-permanent-store"] = bare_leaf,
			["no-copy"] = bare_leaf };
	};
	presence = {
		[xmlns_client] = { priority = text_matching("^%s*[+-]?%d%d?%d?%s*$"), show = known_show };
		["http://jabber.org/protocol/caps"] = { c = leaf_with("hash", "node", "ver", "ext") };
		["vcard-temp:x:update"] = { x = only_photo_hash };
		["urn:xmpp:idle:1"] = { idle = leaf_with("since") };
		["http://jabber.org/protocol/muc"] = { x = only_history };
	};
	iq = { -- namespace -> element name, or "*" -> types of the IQ
		["urn:xmpp:ping"] = { ping = any_type };
		["jabber:iq:roster"] = { query = get };
		["http://jabber.org/protocol/disco#info"] = { query = get_result };
		["http://jabber.org/protocol/disco#items"] = { query = get_result };
		["urn:xmpp:mam:2"] = { query = any_type, fin = any_type, prefs = any_type };
		["urn:xmpp:carbons:2"] = { enable = any_type, disable = any_type };
		["urn:xmpp:blocking"] = { ["*"] = any_type };
		["jabber:iq:version"] = { query = any_type };
		["jabber:iq:last"] = { query = any_type };
		["urn:xmpp:time"] = { time = any_type };
		["urn:ietf:params:xml:ns:xmpp-bind"] = { bind = any_type };
		["urn:ietf:params:xml:ns:xmpp-session"] = { session = any_type };
		["http://jabber.org/protocol/pubsub"] = { pubsub = get };
		["vcard-temp"] = { vCard = get };
		["urn:xmpp:http:upload:0"] = { request = any_type };
		["jabber:iq:private"] = { query = get };
		["http://jabber.org/protocol/muc#admin"] = { query = get };
		["http://jabber.org/protocol/muc#owner"] = { query = get };
		["urn:xmpp:push:0"] = { ["*"] = any_type };
	};
};

local function rule_for(stanza_name, tag)
	local names = passes[stanza_name][tag.attr.xmlns or xmlns_client];
	return names and (names[tag.name] or names["*"]);
end

local function children_pass(stanza)
	if not only_attributes(stanza, attributes_of_stanza) then return false; end
	for _, tag in ipairs(stanza.tags) do
		local test = rule_for(stanza.name, tag);
		if not (test and test(tag)) then return false; end
	end
	return blank(stanza);
end

local has_content = {};

function has_content.message(stanza)
	return not children_pass(stanza);
end

function has_content.presence(stanza)
	local kind, to = stanza.attr.type, stanza.attr.to;
	-- a room nick is text somebody chose
	return not children_pass(stanza) or (kind == nil or kind == "subscribe") and to ~= nil and to:find("/", 1, true) ~= nil;
end

-- What stays between a user and their own server shows nobody anything. To others even a ping can carry text.
local function stays_home(attr)
	local from, to = attr.from, attr.to;
	return to == nil or from ~= nil and (to == from or to == jid.bare(from) or to == jid.host(from));
end

function has_content.iq(stanza)
	local attr, payload = stanza.attr, stanza.tags[1];
	if #stanza == 0 or attr.from ~= nil and attr.from == attr.to and not attr.to:find("[@/]") then
		return false;
	elseif not payload or stanza.tags[2] or not blank(stanza) then
		return payload ~= nil or not blank(stanza);
	end
	local types = rule_for("iq", payload);
	return not (types and types[attr.type] and (stays_home(attr) or bare_leaf(payload)));
end

return function (stanza)
	local test = has_content[stanza.name];
	return test ~= nil and test(stanza); -- Prosody closes the stream for anything that is not a stanza
end
