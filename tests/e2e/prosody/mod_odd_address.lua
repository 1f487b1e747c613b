-- For tests: a server that spells addresses as no honest one does. Loaded on the remote server; a message whose body
-- says DOT-TO or DOT-FROM leaves with a dot behind that address's domain, WIDE-TO with a letter of it in full width.
local filters = require "util.filters";
local wide_e = "\239\189\133"; -- U+FF45

local function respell(stanza)
	local body = stanza.name == "message" and stanza:get_child_text("body");
	if not body then return stanza; end
	local attr = stanza.attr;
	if body:find("DOT-TO", 1, true) then attr.to = attr.to:gsub("^([^/]*)", "%1.", 1); end
	if body:find("DOT-FROM", 1, true) then attr.from = attr.from:gsub("^([^/]*)", "%1.", 1); end
	if body:find("WIDE-TO", 1, true) then attr.to = attr.to:gsub("@e", "@"..wide_e, 1); end
	return stanza;
end

filters.add_filter_hook(function (session)
	filters.add_filter(session, "stanzas/out", respell);
end);
