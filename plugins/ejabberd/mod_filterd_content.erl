%%% What is held: the table of filterd/PROTOCOL.inspect, section 7, and nothing else.
%%%
%%% A stanza is held when it can carry something people wrote or chose.  The table lists what cannot; whatever is not
%%% in it, above all an extension nobody here knows, is content.  The content itself is never looked at.
-module(mod_filterd_content).

-export([is_content/1]).

-include("xmpp.hrl").

-spec is_content(stanza()) -> boolean().
is_content(#message{subject = [], body = [], thread = undefined, sub_els = Els}) ->
    not lists:all(fun message_child_is_empty/1, Els);
is_content(#message{}) ->
    true;
is_content(#presence{status = [_ | _]}) ->
    true;
is_content(#presence{type = Type, to = To, sub_els = Els}) ->
    %% directed at a full JID: the resource may be a nick, and a nick is chosen text
    ((Type == available orelse Type == subscribe) andalso To /= undefined andalso To#jid.lresource /= <<>>)
        orelse not lists:all(fun presence_child_is_empty/1, Els);
is_content(#iq{sub_els = []}) ->
    false;
is_content(#iq{type = Type, sub_els = [El]} = Iq) ->
    not (iq_payload_is_empty(Type, xmpp:get_ns(El), xmpp:get_name(El))
         andalso (stays_home(Iq) orelse is_bare_leaf(El)));
is_content(#iq{}) ->
    true.

%% What stays between a user and their own server shows nobody anything.  To others even a ping can carry text.
stays_home(#iq{to = undefined}) ->
    true;
stays_home(#iq{from = #jid{luser = User, lserver = Server}, to = #jid{luser = To, lserver = Server}}) ->
    To == User orelse To == <<>>;
stays_home(_) ->
    false.

%% XEP-0085, 0184, 0333, 0334
message_child_is_empty(El) ->
    case {xmpp:get_ns(El), xmpp:get_name(El)} of
        {<<"http://jabber.org/protocol/chatstates">>, Name} ->
            lists:member(Name, [<<"active">>, <<"composing">>, <<"paused">>, <<"inactive">>, <<"gone">>]) andalso is_leaf(El, []);
        {<<"urn:xmpp:receipts">>, <<"request">>} -> is_leaf(El, []);
        {<<"urn:xmpp:receipts">>, <<"received">>} -> is_leaf(El, [<<"id">>]);
        {<<"urn:xmpp:chat-markers:0">>, Name} ->
            lists:member(Name, [<<"markable">>, <<"received">>, <<"displayed">>, <<"acknowledged">>]) andalso is_leaf(El, [<<"id">>]);
        {<<"urn:xmpp:hints">>, Name} ->
            lists:member(Name, [<<"store">>, <<"no-store">>, <<"no-permanent-store">>, <<"no-copy">>]) andalso is_leaf(El, []);
        _ -> false
    end.

%% XEP-0115, 0153, 0319, 0045.  (priority and show are fields of the record; a wrong <show/> was refused by the decoder.)
presence_child_is_empty(El) ->
    case {xmpp:get_ns(El), xmpp:get_name(El)} of
        {<<"http://jabber.org/protocol/caps">>, <<"c">>} -> is_leaf(El, [<<"hash">>, <<"node">>, <<"ver">>, <<"ext">>]);
        {<<"vcard-temp:x:update">>, <<"x">>} -> has_only(<<"photo">>, fun is_photo_hash/1, El);
        {<<"urn:xmpp:idle:1">>, <<"idle">>} -> is_leaf(El, [<<"since">>]);
        {<<"http://jabber.org/protocol/muc">>, <<"x">>} -> has_only(<<"history">>, fun is_history/1, El);
        _ -> false
    end.

iq_payload_is_empty(_, <<"urn:xmpp:ping">>, <<"ping">>) -> true;
iq_payload_is_empty(get, <<"jabber:iq:roster">>, <<"query">>) -> true;
iq_payload_is_empty(T, <<"http://jabber.org/protocol/disco#info">>, <<"query">>) -> T == get orelse T == result;
iq_payload_is_empty(T, <<"http://jabber.org/protocol/disco#items">>, <<"query">>) -> T == get orelse T == result;
iq_payload_is_empty(_, <<"urn:xmpp:mam:2">>, N) -> lists:member(N, [<<"query">>, <<"fin">>, <<"prefs">>]);
iq_payload_is_empty(_, <<"urn:xmpp:carbons:2">>, N) -> lists:member(N, [<<"enable">>, <<"disable">>]);
iq_payload_is_empty(_, <<"urn:xmpp:blocking">>, _) -> true;
iq_payload_is_empty(_, <<"jabber:iq:version">>, <<"query">>) -> true;
iq_payload_is_empty(_, <<"jabber:iq:last">>, <<"query">>) -> true;
iq_payload_is_empty(_, <<"urn:xmpp:time">>, <<"time">>) -> true;
iq_payload_is_empty(_, <<"urn:ietf:params:xml:ns:xmpp-bind">>, <<"bind">>) -> true;
iq_payload_is_empty(_, <<"urn:ietf:params:xml:ns:xmpp-session">>, <<"session">>) -> true;
iq_payload_is_empty(get, <<"http://jabber.org/protocol/pubsub">>, <<"pubsub">>) -> true;
iq_payload_is_empty(get, <<"vcard-temp">>, <<"vCard">>) -> true;
iq_payload_is_empty(_, <<"urn:xmpp:http:upload:0">>, <<"request">>) -> true;
iq_payload_is_empty(get, <<"jabber:iq:private">>, <<"query">>) -> true;
iq_payload_is_empty(get, <<"http://jabber.org/protocol/muc#admin">>, <<"query">>) -> true;
iq_payload_is_empty(get, <<"http://jabber.org/protocol/muc#owner">>, <<"query">>) -> true;
iq_payload_is_empty(_, <<"urn:xmpp:push:0">>, _) -> true;
iq_payload_is_empty(_, _, _) -> false.

%% Neither text nor children, nor attributes but these: else an element of the table would be a place to hide content in.
is_leaf(El, Known) ->
    #xmlel{attrs = Attrs, children = Children} = xmpp:encode(El),
    lists:all(fun({Name, _}) -> Name == <<"xmlns">> orelse lists:member(Name, Known) end, Attrs)
        andalso lists:all(fun({xmlcdata, Text}) -> is_blank(Text); (_) -> false end, Children).

is_bare_leaf(El) ->
    is_leaf(El, []).

%% Without attributes, and all children of this name pass the test.
has_only(Name, Test, El) ->
    #xmlel{children = Children} = Top = xmpp:encode(El),
    is_leaf(Top#xmlel{children = [Child || {xmlcdata, _} = Child <- Children]}, [])
        andalso lists:all(fun({xmlcdata, _}) -> true;
                             (#xmlel{name = Child} = C) -> Child == Name andalso Test(C)
                          end, Children).

%% SHA-1 in hexadecimal, or nothing yet
is_photo_hash(#xmlel{attrs = Attrs, children = Children}) ->
    lists:all(fun({Name, _}) -> Name == <<"xmlns">> end, Attrs)
        andalso lists:all(fun({xmlcdata, _}) -> true; (_) -> false end, Children)
        andalso re:run(iolist_to_binary([Text || {xmlcdata, Text} <- Children]), <<"^[0-9A-Fa-f]{0,40}$">>, [dollar_endonly]) /= nomatch.

is_history(El) ->
    is_leaf(El, [<<"maxchars">>, <<"maxstanzas">>, <<"seconds">>, <<"since">>]).

is_blank(<<C, Rest/binary>>) when C == $\s; C == $\t; C == $\r; C == $\n -> is_blank(Rest);
is_blank(Rest) -> Rest == <<>>.
