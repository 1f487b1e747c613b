-- mod_filterd: holds every stanza that can carry content until filterd has judged it
-- This program is free software; see the file COPYING of filterd (GPL-2.0).
--
-- It does no judging. Stanzas are taken off their session right after stream management has counted them, before
-- Prosody's own archive, carbons, rooms, offline storage or routing see them, and put back when the answer has come.
-- The inspect channel it speaks is described in filterd/PROTOCOL.inspect; numbers in brackets below are its sections.
--
-- Why session filters and not the pre-message hooks: what such a hook writes to event.stanza does not reach remote
-- domains, so a redacted message would leave the server unredacted. Why own queues and not util.async: a session
-- that waits asynchronously leaves bytes behind in the socket library's buffer until its client sends more.

module:set_global();

local st = require "util.stanza";
local async = require "util.async";
local filters = require "util.filters";
local jid = require "util.jid";
local monotonic = require "util.time".monotonic;
local xml_parse = require "util.xml".parse;
local xpcall = require "util.xpcall".xpcall;
local server = require "net.server";
local has_content = module:require "filterd_content"; -- what must be held [7]
local struct = require "util.struct"; -- string.pack is missing in the older Luas Prosody runs on
local pack, unpack = struct.pack, struct.unpack;
local t_concat, traceback = table.concat, debug.traceback;

local hosts = prosody.hosts;
local full_sessions, bare_sessions = prosody.full_sessions, prosody.bare_sessions;
local core_process_stanza, core_post_stanza = prosody.core_process_stanza, prosody.core_post_stanza;

local xmlns_attach = "urn:filterd:inspect:1";
local xmlns_client = "jabber:client";
local xmlns_stanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";

-- Frame types [3, 4, 5]
local ATTACH, SESSION, INSPECT, CANCEL, END, INJECTED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06;
local PING, PONG, ROOM = 0x40, 0x41, 0x42;
local READY, DELIVER, REPLACE, BOUNCE, DROP, INJECT = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86;
local CONTROL_FIRST, CONTROL_LAST = 0x40, 0x7f;

local MAX_FRAME_UNREADY = 4096;
local LAST_ID = 0xffffffff;
local FILTER_PRIORITY = -900; -- below mod_smacks' 999: a held stanza must have been counted, or a resumed client sends it again
local SWEEP, SILENT, GIVE_UP = 0.1, 10, 5; -- seconds
local ROOMS_MAX, ROOM_DOMAINS_MAX = 65536, 256; -- [8]
local ASKED_ANEW_MAX = 3;

local component, timeout, fail_open, max_held, exempt;

local function read_options()
	component = module:get_option_string("filterd_component");
	timeout = module:get_option_number("filterd_timeout", 5);
	fail_open = module:get_option_string("filterd_on_failure", "closed") == "open";
	max_held = module:get_option_number("filterd_max_held", 256);
	exempt = { [component or ""] = true };
	for _, domain in ipairs(module:get_option_array("filterd_exempt", {})) do
		exempt[domain] = true;
	end
	if not component then
		module:log("error", "filterd_component is not set: nobody can attach, so content is treated as filterd_on_failure says");
	end
end
read_options();
module:hook("config-reloaded", read_options);

--- The channel: one at most ---

local channel; -- { conn, offered_by, ready, buffer, out, armed, max_frame, window, open, open_count, next_id, … }

-- Held stanzas nobody has decided about, in the order they came: they leave for filterd as the window allows, and time
-- out, in this order. A list linked through the items: what is decided leaves it at once, so that a flood leaves
-- nothing behind for the garbage collector to keep looking at.
local line_first, line_last, line_unasked;
local sweeping = false;

local function line_up(item)
	item.before = line_last;
	if line_last then line_last.behind = item; else line_first = item; end
	line_last = item;
	line_unasked = line_unasked or item;
end

local function leave_line(item)
	local before, behind = item.before, item.behind;
	if before then before.behind = behind; elseif line_first == item then line_first = behind; else return; end
	if behind then behind.before = before; else line_last = before; end
	if line_unasked == item then line_unasked = behind; end
	item.before, item.behind = false, false;
end

local function arm(ch)
	ch.armed = true;
	ch.conn:set(nil, true);
end

-- All frames of one turn of the event loop leave in one write. When nothing else is under way there is nothing to
-- gather, and the frame goes at once.
local function write_frame(ch, header, body)
	if ch.dead then return; end
	local out = ch.out;
	out[#out+1] = header;
	if body then out[#out+1] = body; end
	if ch.armed then return; end
	if ch.plain and ch.open_count <= 1 then
		local data = t_concat(out);
		local sent, _, partial = ch.conn:socket():send(data);
		if sent then
			ch.out = {};
			return;
		end
		ch.out = { data:sub((partial or 0) + 1) }; -- an error shows itself again when the event loop writes
	end
	arm(ch);
end

local function frame(kind, format, ...)
	local body = pack(">"..format, ...);
	return pack(">I4B", #body + 1, kind)..body;
end

local function str16(text)
	text = text or "";
	return pack(">I2", #text)..text;
end

--- Rooms: of which domains their occupants are [3, ROOM] ---

-- Only of rooms to which something with content is sent. Joins and leaves mark a room, and it is looked at again when
-- the next stanza for it is asked about: within one event the room's list may lack somebody who changes nick.
-- serial grows whenever a domain is added anywhere: where it is still that of the asking, nobody new can read the answer.
local rooms, rooms_count, serial = {}, 0, 0; -- address -> { domains, stale, serial, told (channel) }

-- The address of the room of ours to which this goes, if it goes to one
local function room_of(address)
	local node, domain = jid.split(address);
	local host = node and hosts[domain];
	local muc = host and host.modules and host.modules.muc;
	if not (muc and muc.get_room_from_jid) then return nil; end
	local bare = node.."@"..domain;
	if rooms[bare] or jid.prep(bare) == bare then return bare; end -- in another spelling, it would be a room without occupants
end

local function room_changed(event)
	local room = rooms[event.room.jid];
	if room then room.stale = true; end
end

-- The domains of a room's occupants as a set, and how many; nil: not to be known
local function occupant_domains(address)
	local host = hosts[jid.host(address)];
	local muc = host and host.modules.muc;
	if not muc then return nil; end
	local ok, found = xpcall(muc.get_room_from_jid, traceback, address);
	if not ok or found and not found._occupants then return nil; end
	local domains, count = {}, 0;
	if found then
		for _, occupant in pairs(found._occupants) do -- each_occupant() copies them all
			local domain = jid.host(occupant.bare_jid);
			if not domains[domain] then
				domains[domain], count = true, count + 1;
			end
		end
	end
	return count <= ROOM_DOMAINS_MAX and domains or nil;
end

local function forget_rooms()
	rooms, rooms_count = {}, 0;
	if channel and channel.ready then write_frame(channel, frame(ROOM, "I2B", 0, 0)); end
end

-- What is known of a room now
local function look_at_room(address)
	local room = rooms[address];
	if room and not room.stale then return room; end
	if not room then
		if rooms_count >= ROOMS_MAX then forget_rooms(); end
		room = { domains = false, stale = true, serial = 0, told = false };
		rooms[address], rooms_count = room, rooms_count + 1;
	end
	local before, now = room.domains, occupant_domains(address);
	local changed = not before or not now;
	for domain in pairs(now or {}) do
		if not before or not before[domain] then
			serial, changed = serial + 1, true;
			room.serial = serial;
		end
	end
	for domain in pairs(before or {}) do changed = changed or not now[domain]; end
	if changed then room.told = false; end
	room.domains, room.stale = now or false, false;
	return room;
end

-- Before a stanza for it is asked about
local function tell_room(ch, address)
	local room = look_at_room(address);
	if room.told == ch then return room; end
	local names = {};
	for domain in pairs(room.domains or {}) do names[#names+1] = str16(domain); end
	local body = str16(address)..pack(">B", room.domains and 1 or 0)..t_concat(names);
	write_frame(ch, pack(">I4B", #body + 1, ROOM), body);
	room.told = ch;
	return room;
end

local function room_destroyed(event)
	local address = event.room.jid;
	local room = rooms[address];
	if not room then return; end
	rooms[address], rooms_count = nil, rooms_count - 1;
	serial = serial + 1;
	if channel and room.told == channel then
		write_frame(channel, frame(ROOM, "I2c"..#address.."B", #address, address, 0));
	end
end

--- Queues: one per session, answers are applied in the order in which its stanzas came ---

local queues = setmetatable({}, { __mode = "k" }); -- session -> queue
local applying = false; -- a component's stanza is on its way back in

local function handle_error(err)
	module:log("error", "Traceback[filterd]: %s", traceback(err, 2));
end

local passed = setmetatable({}, { __mode = "k" }); -- stanza for a room -> serial at its verdict
local await; -- asks about an item, and watches its deadline

local function put_back(q, stanza)
	if q.kind ~= 3 then
		q.origin.thread:run(stanza);
		return;
	end
	applying = true;
	xpcall(core_process_stanza, handle_error, q.origin, stanza);
	applying = false;
end

local function send_error(q, stanza, err)
	local name, kind = stanza.name, stanza.attr.type;
	if kind == "error" or name == "iq" and kind == "result" or name == "presence" and kind == nil then
		return; -- RFC 6120 8.3.1: must not be answered by an error
	end
	local reply = st.reply(stanza);
	reply.attr.type = "error";
	q.origin.send(reply:add_child(err));
end

local function unavailable()
	return st.stanza("error", { type = "wait" })
		:tag("resource-constraint", { xmlns = xmlns_stanzas }):up()
		:text_tag("text", "Content filter unavailable. Not delivered; please try again.", { xmlns = xmlns_stanzas });
end

local conclude = {};

function conclude.deliver(q, item)
	passed[item.stanza] = item.serial or nil;
	put_back(q, item.stanza);
end

function conclude.replace(q, item)
	local new, old = item.replacement.attr, item.stanza.attr;
	new.type, new.id, new.from, new.to = old.type, old.id, old.from, old.to; -- addressing is never filterd's
	passed[item.replacement] = item.serial or nil;
	put_back(q, item.replacement);
end

function conclude.bounce(q, item)
	send_error(q, item.stanza, item.error);
end

function conclude.refuse(q, item)
	send_error(q, item.stanza, unavailable());
end

function conclude.drop() end

function conclude.fail(q, item)
	if not fail_open then return conclude.refuse(q, item); end
	local attr = item.stanza.attr;
	module:log("warn", "No verdict, passed as filterd_on_failure says: %s from=%q to=%q id=%q", item.stanza.name,
		attr.from or "", attr.to or "", attr.id or "");
	put_back(q, item.stanza);
end

local function queue_length(q)
	return q.last - q.first + 1;
end

local function send_end(q)
	if channel and q.announced_on == channel then
		write_frame(channel, frame(END, "I4", q.number));
	end
	q.announced_on = nil;
end

local function on_empty(q)
	q.first, q.last = 1, 0;
	if not q.gone then return; end
	send_end(q);
	local rooms = q.origin.directed;
	q.origin.directed = nil;
	for address in pairs(rooms or {}) do
		core_post_stanza(q.origin, st.presence({ type = "unavailable", from = q.origin.full_jid, to = address }), true);
	end
end

local function read_on(q)
	local conn = q.paused;
	q.paused = nil;
	if conn ~= q.origin.conn then return; end
	conn:resume();
	conn:pausefor(0); -- resume() alone forgets what the socket library has already read
end

-- Has somebody of a new domain come in since it was asked about? Then the answer is not about them.
local function is_outdated(item)
	if not item.serial or item.verdict ~= "deliver" and item.verdict ~= "replace" then return false; end
	return not rooms[item.room] or look_at_room(item.room).serial ~= item.serial;
end

local function ask_anew(item)
	if not channel or item.anew == ASKED_ANEW_MAX then
		item.verdict = "refuse";
		return;
	end
	item.anew, item.verdict, item.id, item.replacement = item.anew + 1, false, false, nil;
	await(item);
end

local function drain(q)
	if q.draining then return; end
	q.draining = true;
	local item = q[q.first];
	while item and item.verdict do
		if is_outdated(item) then
			ask_anew(item);
			if not item.verdict then break; end
		end
		q[q.first] = nil;
		q.first = q.first + 1;
		-- a client that has gone must not appear again
		if not (q.gone and q.kind == 1 and item.stanza.name == "presence") then
			xpcall(conclude[item.verdict], handle_error, q, item);
		end
		item = q[q.first];
	end
	q.draining = false;
	if q.paused and queue_length(q) <= max_held / 2 then read_on(q); end
	if not item then on_empty(q); end
end

local function announce(q)
	local ch, origin = channel, q.origin;
	local flags = (origin.secure or origin.encrypted) and 1 or 0;
	local address, host = origin.full_jid, origin.host;
	if q.kind == 2 then
		flags = flags + (origin.external_auth == "succeeded" and 2 or 4);
		address = origin.direction == "incoming" and origin.from_host or origin.to_host;
		host = origin.direction == "incoming" and origin.to_host or origin.from_host;
	elseif q.kind == 3 then
		address = origin.host;
	end
	q.number, ch.next_session = ch.next_session, ch.next_session + 1;
	q.announced_on = ch;
	local body = str16(address)..str16(host)..str16(origin.ip or origin.conn and origin.conn:ip());
	write_frame(ch, pack(">I4BI4BB", 7 + #body, SESSION, q.number, q.kind, flags), body);
end

local function serialise(q, stanza)
	local attr = stanza.attr;
	if q.kind ~= 1 or attr.to or stanza.name == "presence" then return tostring(stanza); end
	attr.to = q.origin.username.."@"..q.origin.host; -- what no address means, RFC 6120 10.3
	local text = tostring(stanza);
	attr.to = nil;
	return text;
end

local function settle(item, verdict)
	if item.verdict then return; end
	item.verdict = verdict;
	leave_line(item);
	if item.id and channel and channel.open[item.id] then
		channel.open[item.id] = nil;
		channel.open_count = channel.open_count - 1;
	end
	drain(item.q);
end

local lose_channel;

local function ask(item)
	local ch, q = channel, item.q;
	local text = serialise(q, item.stanza);
	if #text + 10 > ch.max_frame then
		return settle(item, "refuse"); -- [8] whatever is configured
	end
	local id = ch.next_id;
	if id == LAST_ID then return lose_channel(ch, "ids used up"); end
	if q.announced_on ~= ch then announce(q); end
	item.room = room_of(item.stanza.attr.to);
	if item.room then
		local room = tell_room(ch, item.room);
		item.serial = room.domains and room.serial; -- of an unknown room everybody is an occupant: nobody can be new
	end
	ch.next_id = id + 1;
	item.id = id;
	ch.open[id] = item;
	ch.open_count = ch.open_count + 1;
	write_frame(ch, pack(">I4BI4I4B", #text + 10, INSPECT, id, q.number, item.anew > 0 and 1 or 0), text);
end

local function ask_waiting()
	while line_unasked and channel and channel.ready and channel.open_count < channel.window do
		local item = line_unasked;
		line_unasked = item.behind;
		ask(item);
	end
end

-- Deadlines all have the same length, so the line is in their order too
local function sweep()
	local now = monotonic();
	local item = line_first;
	while item and item.deadline <= now do
		if item.id then write_frame(channel, frame(CANCEL, "I4", item.id)); end
		settle(item, "fail");
		item = line_first;
	end
	ask_waiting();
	if line_first then return SWEEP; end
	sweeping = false;
end

local function fail_all()
	local items = {};
	while line_first do -- all of them first: draining the first must not apply what is settled later
		items[#items+1] = line_first;
		line_first.verdict = "fail";
		leave_line(line_first);
	end
	for _, item in ipairs(items) do drain(item.q); end
end

function lose_channel(ch, why)
	if ch.dead then return; end
	ch.dead, ch.out, ch.buffer = true, {}, "";
	if ch.conn then ch.conn:close(); end
	if channel ~= ch then return; end
	channel = nil;
	module:log(ch.ready and "warn" or "info", "Inspect channel gone: %s", why);
	module:set_status("warn", "No inspect channel: "..why);
	fail_all();
end

function await(item)
	item.deadline = monotonic() + timeout;
	line_up(item);
	if not sweeping then
		sweeping = true;
		module:add_timer(SWEEP, sweep);
	end
	ask_waiting();
end

local function new_queue(session, kind)
	local q = { origin = session, kind = kind, first = 1, last = 0 };
	queues[session] = q;
	return q;
end

-- Takes a stanza off its session. Returns it when it may go on at once, nil when it is held (or refused).
local function take(session, stanza, kind)
	local q = queues[session];
	local content = has_content(stanza) and not (stanza.name == "iq" and exempt[jid.host(stanza.attr.to)]);
	if not content and (not q or q.last < q.first) then return stanza; end
	q = q or new_queue(session, kind);

	if queue_length(q) >= max_held then
		local conn = session.conn;
		if session.bosh_wait or not (conn and conn.pausefor) then
			-- other people may use the same HTTP connection: it can't be paused, but nothing obliges us to keep more
			send_error(q, stanza, unavailable());
			return nil;
		elseif q.paused ~= conn then
			conn:pause();
			q.paused = conn;
		end
	end

	-- all its fields from the start: a table that grows is built anew
	local item = { q = q, stanza = stanza, verdict = false, id = false, deadline = false, before = false, behind = false,
		room = false, serial = false, anew = 0 };
	q.last = q.last + 1;
	q[q.last] = item;
	if not content then
		item.verdict = "deliver"; -- waits for those before it
	elseif channel then -- while it is being opened, questions wait: the answer is a moment away
		await(item);
	else
		settle(item, "fail");
	end
	return nil;
end

--- Entrances ---

local guarded = {}; -- hosts on which this module is enabled

local function guards(host)
	if guarded[host] then return true; end
	-- rooms, pubsub and the like belong to the server as a whole
	local h = hosts[host];
	return h and h.type == "component" and not exempt[host] and next(guarded) ~= nil;
end

-- An address as Prosody will route by it: it drops a dot behind the domain and folds case and compatible letters. Here
-- and in filterd's zones it must count as just that, or another spelling of it would get past both. nil: malformed.
local function routed(address)
	if full_sessions[address] or bare_sessions[address] or hosts[address] then return address; end
	return jid.prep(address);
end

-- stanzas/in of client sessions (TCP, BOSH, WebSocket) and of server sessions (incoming, and both ways of a bidi stream)
local function filter_stanza(stanza, session)
	local attr, kind = stanza.attr, session.type;
	if attr.xmlns ~= nil then return stanza; end -- not a stanza: stream management and other stream elements
	local to = attr.to and routed(attr.to);
	if attr.to and not to then return stanza; end -- Prosody rejects it
	if kind == "c2s" then
		if not guarded[session.host] then return stanza; end
		attr.from, attr.to = session.full_jid, to;
		return take(session, stanza, 1);
	elseif kind == "s2sin" or kind == "s2sout" then
		local from = attr.from and jid.prep(attr.from);
		if not (from and to) then return stanza; end
		local origin = session.hosts[jid.host(from)];
		if not (origin and origin.authed) then return stanza; end -- Prosody rejects it; nobody else's text may be probed
		if not guards(jid.host(to)) then return stanza; end
		attr.from, attr.to = from, to;
		return take(session, stanza, 2);
	end
	return stanza;
end

local function add_filter(session)
	filters.add_filter(session, "stanzas/in", filter_stanza, FILTER_PRIORITY);
end

-- External components have no filters. (Internal ones are of the same type, but have no stream.)
local function on_component_stanza(event)
	local origin = event.origin;
	if not origin or origin.type ~= "component" or not origin.stream then return; end
	if applying or exempt[origin.host] or next(guarded) == nil then return; end
	if take(origin, event.stanza, 3) == nil then return true; end
end

-- The session ends with stanzas held: what has been taken from the client is still delivered, by a copy of the
-- session (Prosody empties the original). It leaves its rooms only after that, so that they accept the rest.
local function session_gone(session)
	local q = queues[session];
	if not q then return; end
	queues[session] = nil;
	q.gone, q.paused = true, nil;
	local ghost = {};
	for key, value in pairs(session) do ghost[key] = value; end
	ghost.conn = nil;
	ghost.directed = nil;
	q.origin = ghost;
	if q.last < q.first then return on_empty(q); end
	if q.kind == 2 then
		ghost.dummy = true; -- its right to speak for its domain was checked when the stanza came
	else
		ghost.send = function () return true; end
		ghost.rawsend = ghost.send;
	end
	ghost.thread = async.runner(function (stanza)
		core_process_stanza(ghost, stanza);
	end, { error = function (_, err) handle_error(err); end }, ghost);
	ghost.directed, session.directed = session.directed, nil;
	for i = q.first, q.last do
		if not (q[i].verdict or q[i].id) then return; end -- still to be asked about: END when that is over
	end
	send_end(q);
end

local function on_session_gone(event)
	session_gone(event.session);
end

-- The session's thread may have been waiting for something, and somebody come in meanwhile
local function on_groupchat(event)
	local stanza = event.stanza;
	local at, room = passed[stanza], rooms[event.room.jid];
	passed[stanza] = nil;
	if not at or room and look_at_room(event.room.jid).serial == at then return; end
	event.origin.send(st.error_reply(stanza, "wait", "resource-constraint", "Somebody has just come in. Not delivered; please try again."));
	return true;
end

local watched = {};
local function watch(host)
	if watched[host] or not hosts[host] then return; end
	watched[host] = true;
	local here = module:context(host);
	for _, name in ipairs { "message", "presence", "iq" } do
		for _, target in ipairs { "bare", "full", "host" } do
			here:hook(name.."/"..target, on_component_stanza, 1000);
		end
	end
	here:hook("route/remote", on_component_stanza, 1000);
	for _, event in ipairs { "muc-occupant-joined", "muc-occupant-left", "muc-room-restored" } do
		here:hook(event, room_changed, 1000);
	end
	here:hook("muc-room-destroyed", room_destroyed, 1000);
	here:hook("muc-occupant-groupchat", on_groupchat, 1000);
	here:hook("pre-resource-unbind", on_session_gone, -100); -- after mod_smacks, which keeps sessions that may be resumed
	here:hook("component-disconnected", on_session_gone, 100);
end
module:hook("host-activated", watch);
module:hook("host-deactivated", function (host)
	watched[host] = nil;
	forget_rooms(); -- an address of it may be another server's from now on
end);
module:hook("s2s-destroyed", on_session_gone, 100);

local function live_sessions()
	local list = {};
	for _, path in ipairs { "/*/c2s/sessions", "/*/bosh/sessions", "/*/s2s/sessions" } do
		for _, session in pairs(module:shared(path)) do list[#list+1] = session; end
	end
	return list;
end

--- Frames from filterd ---

-- Elements of jabber:client have no xmlns inside Prosody, as its stream parser leaves it out
local function as_client(tag)
	local xmlns = tag.attr.xmlns;
	if xmlns ~= nil and xmlns ~= xmlns_client then return tag; end
	tag.attr.xmlns = nil;
	for _, child in ipairs(tag.tags) do as_client(child); end
	return tag;
end

local function parse(text)
	local ok, tag = xpcall(xml_parse, traceback, text);
	return ok and tag and as_client(tag) or nil;
end

local stanza_names = { message = true, presence = true, iq = true };

local function inject(text)
	local stanza = parse(text);
	local attr = stanza and stanza.attr;
	if not (stanza and stanza_names[stanza.name] and attr.xmlns == nil) then return 1; end
	local from, to = jid.prep(attr.from), jid.prep(attr.to);
	if not (from and to) then return 1; end
	attr.from, attr.to = from, to;
	local node, host, resource = jid.split(from);
	if not (guards(host) or guards(jid.host(to)) or host == component) then return 1; end

	local function discard() return true; end
	local ok;
	if guarded[host] and node then -- as its user would have sent it: archived, carbon-copied
		local origin = full_sessions[from] or {};
		ok = xpcall(core_process_stanza, handle_error, { type = "c2s", username = node, host = host, resource = resource,
			full_jid = from, roster = origin.roster, log = module._log, send = discard, rawsend = discard }, stanza);
	else
		ok = xpcall(core_post_stanza, handle_error, hosts[host] or { type = "s2sin", dummy = true, hosts = {},
			from_host = host, to_host = jid.host(to), host = jid.host(to), log = module._log, send = discard }, stanza);
	end
	return ok and 0 or 2;
end

local function answered(ch, id, verdict)
	local item = ch.open[id];
	if item then settle(item, verdict); end -- else it comes late
	return true;
end

-- An answer that can't be used must not turn into the original, not even where on_failure is open
local function answered_with(ch, body, verdict, prepare)
	local id = unpack(">I4", body);
	local item = ch.open[id];
	if not item then return true; end
	local usable = prepare(item, parse(body:sub(5)));
	settle(item, usable and verdict or "refuse");
	return usable;
end

local on_frame = {}; -- type -> { least length of the body, exact?, handler -> true when the frame was in order }

on_frame[READY] = { 9, true, function (ch, body)
	local version, max_frame, window = unpack(">BI4I4", body);
	if ch.ready or version ~= 1 or window == 0 or max_frame < MAX_FRAME_UNREADY then return false; end
	ch.ready, ch.max_frame, ch.window = true, max_frame, window;
	module:log("info", "Inspect channel attached to %s", component);
	module:set_status("info", "Attached to "..component);
	return true;
end };

on_frame[DELIVER] = { 4, true, function (ch, body)
	return answered(ch, unpack(">I4", body), "deliver");
end };

on_frame[DROP] = { 4, true, function (ch, body)
	return answered(ch, unpack(">I4", body), "drop");
end };

on_frame[REPLACE] = { 5, false, function (ch, body)
	return answered_with(ch, body, "replace", function (item, stanza)
		item.replacement = stanza;
		return stanza and stanza.attr.xmlns == nil and stanza.name == item.stanza.name;
	end);
end };

on_frame[BOUNCE] = { 5, false, function (ch, body)
	return answered_with(ch, body, "bounce", function (item, err)
		item.error = err;
		return err and err.attr.xmlns == nil and err.name == "error";
	end);
end };

on_frame[INJECT] = { 5, false, function (ch, body)
	local status = inject(body:sub(5));
	write_frame(ch, frame(INJECTED, "I4B", unpack(">I4", body), status));
	return true;
end };

on_frame[PING] = { 4, true, function (ch, body)
	if ch.ready then write_frame(ch, frame(PONG, "c4", body)); end
	return true;
end };

on_frame[PONG] = { 4, true, function () return true; end };

local function handle_frame(ch, kind, body)
	local known = on_frame[kind];
	if not known then return kind >= CONTROL_FIRST and kind <= CONTROL_LAST; end
	if #body < known[1] or known[2] and #body > known[1] then return false; end
	if not ch.ready and kind ~= READY and (kind < CONTROL_FIRST or kind > CONTROL_LAST) then return false; end
	return known[3](ch, body);
end

local function read_frames(ch, data)
	ch.heard, ch.pinged = monotonic(), nil;
	data = ch.buffer..data;
	local at, size = 1, #data;
	while size - at >= 3 do
		local length = unpack(">I4", data, at);
		if length == 0 or length > ch.max_frame then return lose_channel(ch, "bad frame length"); end
		if size - at + 1 < 4 + length then break; end
		local kind = data:byte(at + 4);
		if kind == DELIVER and length == 5 and ch.ready then -- nearly all of them: spare the copy
			answered(ch, unpack(">I4", data, at + 5), "deliver");
		elseif not handle_frame(ch, kind, data:sub(at + 5, at + 3 + length)) then
			return lose_channel(ch, ("bad frame of type 0x%02x"):format(kind));
		end
		if ch.dead then return; end
		at = at + 4 + length;
	end
	ch.buffer = data:sub(at);
	ask_waiting();
end

--- Attaching [1] ---

local listener = {};
local channels = {}; -- connection -> channel
local closed_for_good = false; -- module unloaded, server stopping

function listener.onattach(conn, ch) -- TLS: the connection is made by net.connect
	ch.conn, channels[conn] = conn, ch;
end

function listener.onconnect(conn)
	local ch = channels[conn];
	if ch.dead then return conn:close(); end
	if not ch.plain then
		local sock = conn:socket();
		local cert = sock.getpeercertificate and sock:getpeercertificate();
		if not cert or cert:digest("sha256"):lower() ~= ch.fingerprint then
			return lose_channel(ch, "the certificate does not have the fingerprint of the offer");
		end
	end
	local software = "mod_filterd/1.0 Prosody/"..tostring(prosody.version);
	local body = pack(">B", 1)..ch.token..str16(software);
	conn:write(pack(">I4B", #body + 1, ATTACH)..body);
end

function listener.onincoming(conn, data)
	local ch = channels[conn];
	if ch and not ch.dead then read_frames(ch, data); end
end

function listener.onpredrain(conn)
	local ch = channels[conn];
	if ch and ch.out[1] then
		conn:write(t_concat(ch.out));
		ch.out = {};
	end
end

function listener.ondrain(conn)
	local ch = channels[conn];
	if not ch then return; end
	ch.armed = false;
	if ch.out[1] then arm(ch); end
end

function listener.ondisconnect(conn, err)
	local ch = channels[conn];
	channels[conn] = nil;
	if ch then lose_channel(ch, err or "closed"); end
end

function listener.onfail(ch, err)
	lose_channel(ch, err or "cannot connect");
end

function listener.onreadtimeout()
	return true; -- keep_alive() below sees to it
end

local function ping(ch, give_up)
	ch.pinged = monotonic() - GIVE_UP + give_up;
	write_frame(ch, frame(PING, "I4", 1));
end

local function keep_alive(ch)
	if ch.dead then return; end
	local now = monotonic();
	if not ch.ready and now - ch.since > GIVE_UP then
		return lose_channel(ch, "no answer to the token");
	elseif ch.pinged and now - ch.pinged >= GIVE_UP then
		return lose_channel(ch, "silent");
	elseif ch.ready and not ch.pinged and now - ch.heard >= SILENT then
		ping(ch, GIVE_UP);
	end
	return 0.5;
end

local function connect_unix(path, ch)
	local unix = require "socket.unix";
	local sock = (type(unix) == "table" and unix.stream or unix)();
	sock:settimeout(0);
	local ok, err = sock:connect(path);
	if not ok then
		sock:close();
		return nil, err;
	end
	local conn;
	conn, err = server.wrapclient(sock, path, 0, listener, 65536);
	if not conn then return nil, err; end
	ch.plain = true;
	listener.onattach(conn, ch);
	return true;
end

local function connect_tls(host, port, ch)
	-- The fingerprint is what is trusted; the offer that names it came over the authenticated component link
	local context, err = require "core.certmanager".create_context("filterd port 0", "client", { verify = "none" });
	if not context then return nil, err; end
	require "net.connect".connect(require "net.resolvers.basic".new(host, port, "tcp"), listener,
		{ sslctx = context, pattern = 65536 }, ch);
	return true;
end

local function hex64(text)
	return text and #text == 64 and not text:find("%X") and text:lower() or nil;
end

local function on_attach(event)
	local origin, stanza = event.origin, event.stanza;
	local attr = stanza.tags[1].attr;
	local function refuse(kind, condition, text)
		origin.send(st.error_reply(stanza, kind, condition, text));
		return true;
	end
	if closed_for_good then return; end
	if origin.type ~= "component" or not origin.stream or origin.host ~= component then
		module:log("warn", "Offer of an inspect channel from %q refused: it is not %s", stanza.attr.from, component);
		return refuse("auth", "forbidden");
	end
	local token, fingerprint, port = hex64(attr.token), hex64(attr.fingerprint), tonumber(attr.port);
	local tls = attr.host and port and fingerprint;
	if attr.version ~= "1" or not token or not (attr.path or tls) then
		return refuse("modify", "bad-request", "Not an offer of version 1");
	end
	if channel and channel.offered_by == origin then
		-- It believes to have none. Does ours still live? If not, the next offer is taken.
		if channel.ready and not channel.pinged and monotonic() - channel.heard > 1 then ping(channel, 1); end
		return refuse("cancel", "conflict");
	elseif channel then
		lose_channel(channel, "replaced by that of a new component link");
	end

	local ch = { offered_by = origin, token = token, fingerprint = fingerprint, since = monotonic(), heard = monotonic(),
		ready = false, buffer = "", out = {}, armed = false, max_frame = MAX_FRAME_UNREADY, window = 0,
		open = {}, open_count = 0, next_id = 1, next_session = 1 };
	local ok, err;
	if attr.path then ok, err = connect_unix(attr.path, ch); end
	if not ok and tls then ok, err = connect_tls(attr.host, port, ch); end
	if not ok then
		module:log("info", "Cannot connect to the inspect channel: %s", err);
		return refuse("wait", "remote-server-not-found", "Cannot connect: "..tostring(err));
	end
	channel = ch;
	module:add_timer(0.5, function () return keep_alive(ch); end);
	origin.send(st.reply(stanza));
	return true;
end

--- Life ---

-- What is held when the server stops comes back while its sender can still be told
module:hook("server-stopping", function ()
	closed_for_good = true;
	if channel then lose_channel(channel, "server stops"); end
end, 100);

filters.add_filter_hook(add_filter);
for host in pairs(hosts) do watch(host); end
for _, session in ipairs(live_sessions()) do add_filter(session); end

function module.unload()
	closed_for_good = true;
	filters.remove_filter_hook(add_filter);
	for _, session in ipairs(live_sessions()) do
		filters.remove_filter(session, "stanzas/in", filter_stanza);
	end
	if channel then lose_channel(channel, "module unloaded"); end
end

function module.add_host(module)
	local host = module.host;
	guarded[host] = true;
	module:hook("iq-set/host/"..xmlns_attach..":attach", on_attach);
	function module.unload() -- without this, the one above would be called for each host
		guarded[host] = nil;
	end
end
