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
        {<<"http://jabber.org/protocol/chatstates">>, _} -> is_leaf(El);
        {<<"urn:xmpp:receipts">>, <<"request">>} -> is_leaf(El);
        {<<"urn:xmpp:receipts">>, <<"received">>} -> is_leaf(El);
        {<<"urn:xmpp:chat-markers:0">>, _} -> is_leaf(El);
        {<<"urn:xmpp:hints">>, _} -> is_leaf(El);
        _ -> false
    end.

%% XEP-0115, 0153, 0319, 0045.  (priority and show are fields of the record; a wrong <show/> was refused by the decoder.)
presence_child_is_empty(El) ->
    case {xmpp:get_ns(El), xmpp:get_name(El)} of
        {<<"http://jabber.org/protocol/caps">>, <<"c">>} -> is_leaf(El);
        {<<"vcard-temp:x:update">>, <<"x">>} -> has_only(<<"photo">>, El);
        {<<"urn:xmpp:idle:1">>, <<"idle">>} -> is_leaf(El);
        {<<"http://jabber.org/protocol/muc">>, <<"x">>} -> has_only(<<"history">>, El);
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

%% Neither text nor children: else an element of the table would be a place to hide content in.
is_leaf(El) ->
    has_only(none, El).

is_bare_leaf(El) ->
    #xmlel{attrs = Attrs} = xmpp:encode(El),
    lists:all(fun({Name, _}) -> Name == <<"xmlns">> end, Attrs) andalso is_leaf(El).

has_only(Name, El) ->
    #xmlel{children = Children} = xmpp:encode(El),
    lists:all(fun({xmlcdata, Text}) -> is_blank(Text);
                 (#xmlel{name = Child}) -> Child == Name
              end, Children).

is_blank(<<C, Rest/binary>>) when C == $\s; C == $\t; C == $\r; C == $\n -> is_blank(Rest);
is_blank(Rest) -> Rest == <<>>.
