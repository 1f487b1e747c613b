%%% mod_filterd: puts filterd between the people who write and everything else in ejabberd.
%%%
%%% Each stanza that can carry content is held where it enters, before archive, carbons, rooms, offline storage and
%%% routing see it, until filterd has answered over the inspect channel (filterd/PROTOCOL.inspect).  The module judges
%%% nothing: mod_filterd_content says what is held, filterd says what becomes of it.
%%%
%%%   clients (TCP, BOSH, WebSocket)  user_send_packet: queued in the state of the client's own process, which goes on
%%%                                   receiving; when its answer comes the stanza enters a second time, marked.
%%%   other servers, components       s2s_receive_packet, component_send_packet: queued in a lane of the stream.
%%%
%%% All hooks have priority 1: whatever comes after us sees a held stanza once, after the verdict.
-module(mod_filterd).
-behaviour(gen_mod).

%% gen_mod
-export([start/2, stop/1, reload/3, depends/2, mod_opt_type/1, mod_options/1, mod_doc/0]).
%% hooks
-export([user_send_packet/1, c2s_authenticated_packet/2, c2s_handle_info/2, c2s_copy_session/2, c2s_terminated/2,
         s2s_receive_packet/1, component_send_packet/1, s2s_allow_host/3]).
%% for the other modules of this connector
-export([timeout/1, outcome/3, inject/1, pass_s2s/2, pass_component/2]).

-include("xmpp.hrl").
-include("logger.hrl").
-include("translate.hrl").

-define(NS_INSPECT, <<"urn:filterd:inspect:1">>).
-define(PRIORITY, 1).

%%% --- module ------------------------------------------------------------------------------------------------------

start(Host, _Opts) ->
    %% before anybody can ask about a room
    [ejabberd_hooks:add(Hook, Host, mod_filterd_rooms, Hook, ?PRIORITY) || Hook <- mod_filterd_rooms:hooks()],
    ok = mod_filterd_channel:guard(Host),
    [ejabberd_hooks:add(Hook, Host, ?MODULE, Hook, ?PRIORITY) || Hook <- host_hooks()],
    %% a global hook, the same for all hosts: added once however often it is asked for
    ejabberd_hooks:add(component_send_packet, ?MODULE, component_send_packet, ?PRIORITY),
    ok.

%% What is held is settled by on_failure before the hooks that wait for it go.
stop(Host) ->
    Left = mod_filterd_channel:unguard(Host),
    [ejabberd_hooks:delete(Hook, Host, ?MODULE, Hook, ?PRIORITY) || Hook <- host_hooks()],
    [ejabberd_hooks:delete(Hook, Host, mod_filterd_rooms, Hook, ?PRIORITY) || Hook <- mod_filterd_rooms:hooks()],
    case Left of
        more ->
            ok;
        last ->
            ejabberd_hooks:delete(component_send_packet, ?MODULE, component_send_packet, ?PRIORITY),
            %% ejabberd unloads the code of this module only; a newer version starts with newer parts
            [begin code:purge(Part), code:delete(Part) end || Part <- [mod_filterd_channel, mod_filterd_session, mod_filterd_lane,
                                                                           mod_filterd_content, mod_filterd_rooms]],
            ok
    end.

%% Options are read where they are used.
reload(_Host, _NewOpts, _OldOpts) ->
    ok.

depends(_Host, _Opts) ->
    [].

host_hooks() ->
    [user_send_packet, c2s_authenticated_packet, c2s_handle_info, c2s_copy_session, c2s_terminated, s2s_receive_packet, s2s_allow_host].

mod_opt_type(component) -> econf:domain();
mod_opt_type(timeout) -> econf:timeout(second);
mod_opt_type(on_failure) -> econf:enum([closed, open]);
mod_opt_type(max_held) -> econf:pos_int();
mod_opt_type(exempt) -> econf:list(econf:domain()).

mod_options(_Host) ->
    [component,
     {timeout, timer:seconds(5)},
     {on_failure, closed},
     {max_held, 256},
     {exempt, []}].

mod_doc() ->
    #{desc => ?T("Holds every stanza that can carry content until filterd, an antivirus and data-loss filter, has judged it."),
      opts =>
          [{component, #{value => "JID", desc => ?T("Domain of filterd's component. It alone may open the inspect channel. Required.")}},
           {timeout, #{value => "timeout()", desc => ?T("How long a stanza is held at most. The default is '5' seconds.")}},
           {on_failure, #{value => "closed | open",
                          desc => ?T("What becomes of a stanza without a verdict: 'closed' returns it to the sender with an error "
                                     "('wait'), 'open' delivers it and logs that. The default is 'closed'.")}},
           {max_held, #{value => "Number", desc => ?T("How many stanzas of one session may be held before reading from it pauses. "
                                                      "The default is '256'.")}},
           {exempt, #{value => "[Domain, ...]",
                      desc => ?T("Domains of further components which are part of filterd, such as its upload service: what they "
                                 "send is not held. The default is '[]'.")}}]}.

timeout(Host) -> option(Host, timeout).
max_held(Host) -> option(Host, max_held).

option(Host, Name) ->
    gen_mod:get_module_opt(Host, ?MODULE, Name).

%% Domains of filterd itself, as a host sees it.
own_domains(Host) ->
    [option(Host, component) | option(Host, exempt)].

%%% --- clients -----------------------------------------------------------------------------------------------------

user_send_packet({Pkt, State} = Acc) ->
    case is_passed(Pkt) of
        true -> Acc;
        false -> closed(fun() -> from_client(Pkt, State) end, Acc)
    end.

from_client(Pkt, #{lserver := Host} = State) ->
    Ask = mod_filterd_content:is_content(Pkt) andalso not is_own_iq(Pkt, Host),
    case State of
        #{filterd := Session} ->
            case Ask orelse not mod_filterd_session:is_idle(Session) of
                true -> {stop, {drop, hold(Pkt, Ask, State)}};
                false -> {Pkt, State}
            end;
        _ when Ask ->
            {stop, {drop, hold(Pkt, Ask, State#{filterd => mod_filterd_session:new(client_info(State))})}};
        _ ->
            {Pkt, State}
    end.

hold(Pkt, Ask, #{filterd := Session} = State) ->
    pause(settle(mod_filterd_session:hold(Pkt, Ask, Session), State)).

%% Over the limit the client's process does nothing but wait, and so does not read.
pause(#{filterd := Session, lserver := Host} = State) ->
    case mod_filterd_session:held(Session) >= max_held(Host) andalso not mod_filterd_session:is_answered(Session) of
        true -> pause(settle(mod_filterd_session:wait(Session), State));
        false -> State
    end.

settle({Decided, Session}, State) ->
    lists:foldl(fun apply_verdict/2, State#{filterd := Session}, Decided).

apply_verdict({Pkt, Verdict}, #{lserver := Host} = State) ->
    try outcome(Pkt, Verdict, Host) of
        {pass, Passed} -> ejabberd_c2s:handle_authenticated_packet(mark_passed(Passed), State);
        {bounce, Error} -> ejabberd_c2s:send(State, xmpp:make_error(Pkt, Error));
        drop -> State
    catch
        %% must not cost the session what else it holds
        Class:Why:Stack -> failed_to_apply(Class, Why, Stack), State
    end.

%% The second time a stanza enters: stream management and the others of this hook have counted it already.
c2s_authenticated_packet(State, Pkt) ->
    case xmpp:is_stanza(Pkt) andalso is_passed(Pkt) of
        true -> {stop, State};
        false -> State
    end.

c2s_handle_info(#{mgmt_state := resumed} = State, Message) when element(1, Message) == filterd_verdicts; Message == filterd_deadline ->
    {stop, State};      % another process has the session now
c2s_handle_info(#{filterd := Session} = State, Message) ->
    case mod_filterd_session:handle(Message, Session) of
        ignored -> State;
        Result -> {stop, settle(Result, State)}
    end;
c2s_handle_info(State, {_Ref, {resume, #{filterd := Left}}}) ->
    %% the old process handed over its session too late for the resumption; what it held must not be lost
    mod_filterd_lane:adopt(Left),
    State;
c2s_handle_info(State, _) ->
    State.

%% A stream was resumed (XEP-0198): runs in its new process.
c2s_copy_session(State, #{filterd := Session}) ->
    settle(mod_filterd_session:move(Session), State#{filterd => Session});
c2s_copy_session(State, _) ->
    State.

%% The client has gone; what it sent before is settled first, within the timeout.
c2s_terminated(#{mgmt_state := resumed} = State, _Reason) ->
    State;
c2s_terminated(#{filterd := Session} = State, _Reason) ->
    mod_filterd_session:leave(Session),
    settle_all(State);
c2s_terminated(State, _Reason) ->
    State.

settle_all(#{filterd := Session} = State) ->
    case mod_filterd_session:is_idle(Session) of
        true -> State;
        false -> settle_all(settle(mod_filterd_session:wait(Session), State))
    end.

client_info(#{jid := Jid, lserver := Host} = State) ->
    #{origin => c2s, flags => tls_flag(State), jid => jid:encode(Jid), host => Host, address => address(State)}.

%%% --- other servers -----------------------------------------------------------------------------------------------

s2s_receive_packet({Pkt, State} = Acc) ->
    case is_passed(Pkt) of
        true ->
            Acc;
        false ->
            closed(fun() -> from_server(Pkt, State) end, Acc)
    end.

from_server(Pkt, State) ->
    Host = ejabberd_router:host_of_route((xmpp:get_to(Pkt))#jid.lserver),
    #jid{lserver = From} = xmpp:get_from(Pkt),
    in_lane(Pkt, Host, From, State, fun() -> {server_info(From, Host, State), {?MODULE, pass_s2s, [State]}} end).

pass_s2s(Pkt, State) ->
    pass_on(s2s_receive_packet, ejabberd_router:host_of_route((xmpp:get_to(Pkt))#jid.lserver), Pkt, State).

server_info(From, Host, State) ->
    Proof = case State of
                #{sasl_mech := <<"EXTERNAL">>, remote_server := From} -> 2;
                _ -> 4
            end,
    #{origin => s2s, flags => tls_flag(State) bor Proof, jid => From, host => Host, address => address(State)}.

%% A stanza for filterd itself never leaves for the network, should its component be down.
s2s_allow_host(Acc, Host, Remote) ->
    case lists:member(Remote, own_domains(Host)) of
        true -> {stop, deny};
        false -> Acc
    end.

%%% --- components --------------------------------------------------------------------------------------------------

component_send_packet(Acc) ->
    closed(fun() -> from_component(Acc) end, Acc).

from_component({Pkt, #{remote_server := Domain} = State} = Acc) ->
    Host = component_host(Pkt),
    #jid{lserver = From} = xmpp:get_from(Pkt),
    Own = own_domains(Host),
    case is_passed(Pkt) orelse (lists:member(Domain, Own) andalso lists:member(From, Own)) of
        true -> offer(Pkt, Host, Acc);
        false -> in_lane(Pkt, Host, From, State, fun() -> {component_info(From, Host, State), {?MODULE, pass_component, [State]}} end)
    end.

pass_component(Pkt, State) ->
    pass_on(component_send_packet, global, Pkt, State).

component_info(From, Host, State) ->
    #{origin => component, flags => tls_flag(State), jid => From, host => Host, address => address(State)}.

%% The guarded host whose options count: the one addressed, else any.
component_host(Pkt) ->
    [Any | _] = Hosts = mod_filterd_channel:hosts(),
    #jid{lserver = To} = xmpp:get_to(Pkt),
    Host = try ejabberd_router:host_of_route(To) catch _:_ -> Any end,
    case lists:member(Host, Hosts) of
        true -> Host;
        false -> Any
    end.

%% filterd offers a channel.  This runs in the stream of a component that has shown filterd's own secret: from a user or
%% another server the same IQ is an unknown request like any other.
offer(#iq{type = set, from = #jid{lserver = From}, to = #jid{lserver = Host, luser = <<>>}, sub_els = [El]} = IQ, Host,
      {_, #{remote_server := Domain} = State} = Acc) ->
    Component = option(Host, component),
    case {xmpp:get_name(El), xmpp:get_ns(El)} of
        {<<"attach">>, ?NS_INSPECT} when From == Component, Domain == Component ->
            answer_offer(IQ, parse_offer(xmpp:encode(El))),
            {stop, {drop, State}};
        _ ->
            Acc
    end;
offer(_, _, Acc) ->
    Acc.

answer_offer(IQ, error) ->
    ejabberd_router:route_error(IQ, xmpp:err_bad_request());
answer_offer(IQ, Offer) ->
    case mod_filterd_channel:offer(Offer) of
        ok -> ejabberd_router:route(xmpp:make_iq_result(IQ));
        conflict -> ejabberd_router:route_error(IQ, xmpp:err_conflict())
    end.

parse_offer(#xmlel{attrs = Attrs}) ->
    Fields = [parse_field(Name, Value) || {Name, Value} <- Attrs],
    Offer = maps:from_list([{Name, Value} || {Name, Value} <- Fields]),
    case Offer of
        #{version := 1, token := _, path := _} -> Offer;
        #{version := 1, token := _, host := _, port := _, fingerprint := _} -> Offer;
        _ -> error
    end.

parse_field(<<"version">>, <<"1">>) -> {version, 1};
parse_field(<<"token">>, Value) when byte_size(Value) == 64 -> {token, Value};
parse_field(<<"path">>, <<$/, _/binary>> = Value) when byte_size(Value) < 108 -> {path, Value};
parse_field(<<"host">>, Value) when Value /= <<>>, byte_size(Value) < 256 -> {host, Value};
parse_field(<<"port">>, Value) ->
    case string:to_integer(Value) of
        {Port, <<>>} when Port > 0, Port < 65536 -> {port, Port};
        _ -> ignored
    end;
parse_field(<<"fingerprint">>, Value) when byte_size(Value) == 64 ->
    try {fingerprint, binary:decode_hex(Value)}
    catch error:_ -> ignored
    end;
parse_field(_, _) -> ignored.

%%% --- all entrances -----------------------------------------------------------------------------------------------

%% A hook that crashes is passed over by ejabberd, and its stanza would pass uninspected.  Ours returns it to the sender,
%% and the session begins anew.
closed(Enter, {Pkt, State}) ->
    try
        Enter()
    catch
        Class:Why:Stack ->
            ?ERROR_MSG("Stanza not inspected, and returned: ~ts", [misc:format_exception(2, Class, Why, Stack)]),
            case unavailable(Pkt) of
                {bounce, Error} -> ejabberd_router:route_error(Pkt, Error);
                drop -> ok
            end,
            {stop, {drop, maps:remove(filterd, State)}}
    end.

%%% --- streams with a lane -----------------------------------------------------------------------------------------

%% One lane per stream and sender's domain, in the stream's state.
in_lane(Pkt, Host, From, State, Describe) ->
    Ask = mod_filterd_content:is_content(Pkt) andalso not is_own_iq(Pkt, Host),
    Lanes = maps:get(filterd, State, #{}),
    case find_lane(From, Lanes) of
        {ok, Lane} ->
            case Ask orelse not mod_filterd_lane:is_idle(Lane) of
                true ->
                    mod_filterd_lane:hold(Pkt, Ask, max_held(Host), Lane),
                    {stop, {drop, State}};
                false ->
                    {Pkt, State}
            end;
        none when Ask ->
            {Info, Pass} = Describe(),
            Lane = mod_filterd_lane:new(mod_filterd_session:new(Info), Pass),
            mod_filterd_lane:hold(Pkt, Ask, max_held(Host), Lane),
            {stop, {drop, State#{filterd => Lanes#{From => Lane}}}};
        none ->
            {Pkt, State}
    end.

find_lane(From, Lanes) ->
    case Lanes of
        #{From := Lane} ->
            case mod_filterd_lane:is_alive(Lane) of
                true -> {ok, Lane};
                false -> none
            end;
        _ ->
            none
    end.

is_own_iq(#iq{to = #jid{lserver = To}}, Host) -> lists:member(To, own_domains(Host));
is_own_iq(_, _) -> false.

%% The other modules on the hook where the stanza was held have their turn, then it goes its way.
pass_on(Hook, Host, Pkt, State) ->
    case ejabberd_hooks:run_fold(Hook, Host, {mark_passed(Pkt), State}, []) of
        {drop, _} -> ok;
        {Passed, _} -> ejabberd_router:route(xmpp:del_meta(Passed, ?MODULE))
    end.

mark_passed(Pkt) -> xmpp:put_meta(Pkt, ?MODULE, passed).
is_passed(Pkt) -> xmpp:get_meta(Pkt, ?MODULE, undefined) == passed.

tls_flag(#{socket := Socket}) ->
    case xmpp_socket:get_transport(Socket) of
        tls -> 1;
        tls_zlib -> 1;
        _ -> 0
    end.

address(#{ip := {IP, _}}) -> iolist_to_binary(misc:ip_to_list(IP));
address(_) -> <<>>.

failed_to_apply(Class, Why, Stack) ->
    ?ERROR_MSG("Stanza lost after its verdict: ~ts", [misc:format_exception(2, Class, Why, Stack)]).

%%% --- verdicts ----------------------------------------------------------------------------------------------------

%% What becomes of a stanza by the answer it got.
-spec outcome(stanza(), mod_filterd_session:verdict(), binary()) -> {pass, stanza()} | {bounce, stanza_error()} | drop.
outcome(Pkt, deliver, _) ->
    {pass, Pkt};
outcome(_, drop, _) ->
    drop;
outcome(Pkt, {replace, Xml}, Host) ->
    case parse_stanza(Xml) of
        {ok, New} when element(1, New) == element(1, Pkt) -> {pass, readdress(New, Pkt)};
        _ -> broken_answer(Pkt, Host)
    end;
outcome(Pkt, {bounce, Xml}, Host) ->
    case parse(Xml) of
        {ok, #stanza_error{} = Error} -> bounce(Pkt, Error);
        _ -> broken_answer(Pkt, Host)
    end;
outcome(Pkt, refused, _) ->
    unavailable(Pkt);
outcome(Pkt, failed, Host) ->
    case option(Host, on_failure) of
        closed ->
            unavailable(Pkt);
        open ->
            ?WARNING_MSG("No verdict from filterd (on_failure is open): ~ts from ~ts to ~ts passed uninspected",
                         [element(1, Pkt), jid:encode(xmpp:get_from(Pkt)), jid:encode(xmpp:get_to(Pkt))]),
            {pass, Pkt}
    end.

%% The channel ends as for any frame that breaks the rules.  The stanza does not pass, whatever on_failure says: that it
%% may not pass as it is has been understood.
broken_answer(Pkt, Host) ->
    mod_filterd_channel:broken(Host),
    unavailable(Pkt).

unavailable(Pkt) ->
    Text = ?T("Content filter unavailable. Not delivered; please try again."),
    bounce(Pkt, (xmpp:err_resource_constraint(Text, xmpp:get_lang(Pkt)))#stanza_error{type = wait}).

%% RFC 6120, 8.3.1: never an error in answer to an error; and none to a presence that announces.
bounce(#presence{type = available}, _) -> drop;
bounce(Pkt, Error) ->
    case xmpp:get_type(Pkt) of
        error -> drop;
        result -> drop;
        _ -> {bounce, Error}
    end.

%% Addressing is never filterd's.
readdress(#message{} = New, #message{id = Id, type = Type, from = From, to = To, meta = Meta}) ->
    New#message{id = Id, type = Type, from = From, to = To, meta = Meta};
readdress(#presence{} = New, #presence{id = Id, type = Type, from = From, to = To, meta = Meta}) ->
    New#presence{id = Id, type = Type, from = From, to = To, meta = Meta};
readdress(#iq{} = New, #iq{id = Id, type = Type, from = From, to = To, meta = Meta}) ->
    New#iq{id = Id, type = Type, from = From, to = To, meta = Meta}.

parse_stanza(Xml) ->
    case parse(Xml) of
        {ok, Pkt} ->
            case xmpp:is_stanza(Pkt) of
                true -> {ok, Pkt};
                false -> error
            end;
        error ->
            error
    end.

parse(Xml) ->
    try xmpp:decode(without_prefixes(fxml_stream:parse_element(Xml), #{<<>> => ?NS_CLIENT}, <<>>), ?NS_CLIENT, [ignore_els]) of
        Pkt -> {ok, Pkt}
    catch
        _:_ -> error
    end.

%% As ejabberd's own streams hand over elements: a name without prefix, its namespace in xmlns where it changes.  (The
%% parser for single elements knows nothing of namespaces.)  An unbound prefix is an error.
without_prefixes(#xmlel{name = Name, attrs = Attrs, children = Children}, Outer, Parent) ->
    Scope = lists:foldl(fun({<<"xmlns">>, Ns}, Acc) -> Acc#{<<>> => Ns};
                           ({<<"xmlns:", Prefix/binary>>, Ns}, Acc) -> Acc#{Prefix => Ns};
                           (_, Acc) -> Acc
                        end, Outer, Attrs),
    {Namespace, Local} = case binary:split(Name, <<":">>) of
                             [Prefix, L] -> {maps:get(Prefix, Scope), L};
                             [L] -> {maps:get(<<>>, Scope), L}
                         end,
    Declared = [{<<"xmlns">>, Namespace} || Namespace /= Parent],
    #xmlel{name = Local, attrs = Declared ++ lists:keydelete(<<"xmlns">>, 1, Attrs),
           children = [case Child of
                           #xmlel{} -> without_prefixes(Child, Scope, Namespace);
                           Text -> Text
                       end || Child <- Children]}.

%%% --- what filterd sends in somebody's name ------------------------------------------------------------------------

%% A release from quarantine or a notice; it has its verdict.  0 routed, 1 refused, 2 failed.
-spec inject(binary()) -> 0 | 1 | 2.
inject(Xml) ->
    case parse_stanza(Xml) of
        {ok, Pkt} ->
            case {xmpp:get_from(Pkt), xmpp:get_to(Pkt)} of
                {#jid{} = From, #jid{} = To} ->
                    case is_guarded(From) orelse is_guarded(To) of
                        true -> route_injected(Pkt, From);
                        false -> 1
                    end;
                _ ->
                    1
            end;
        error ->
            1
    end.

is_guarded(#jid{lserver = Domain}) ->
    Host = try ejabberd_router:host_of_route(Domain) catch _:_ -> Domain end,
    mod_filterd_channel:pid(Host) /= undefined.

route_injected(Pkt, From) ->
    try
        case as_sent(Pkt, From) of
            drop -> ok;
            Sent -> ejabberd_router:route(xmpp:del_meta(Sent, ?MODULE))
        end,
        0
    catch
        Class:Why:Stack -> failed_to_apply(Class, Why, Stack), 2
    end.

%% A message of one of our users gets into the user's own archive and to the user's other clients too.
as_sent(#message{type = Type} = Pkt, #jid{luser = User, lserver = Host} = From) when User /= <<>>, Type /= error ->
    case ejabberd_router:is_my_host(Host) of
        true ->
            State = #{jid => From, user => User, server => Host, lserver => Host, resource => From#jid.lresource, lang => Pkt#message.lang},
            {Sent, _} = ejabberd_hooks:run_fold(user_send_packet, Host, {mark_passed(Pkt), State}, []),
            Sent;
        false ->
            Pkt
    end;
as_sent(Pkt, _) ->
    Pkt.
