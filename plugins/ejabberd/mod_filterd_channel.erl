%%% The inspect channel (filterd/PROTOCOL.inspect): one process per node, which asks filterd for all sessions.
%%%
%%% It knows of every question only whose it is.  It holds no stanza beyond what the window makes wait, keeps no deadline
%%% (sessions do) and answers "failed" at once to whoever asks while there is no channel and none is just being opened.
%%% Questions and answers are gathered: all that is in the mailbox leaves in one write, all that came in one read goes
%%% to each session in one message.
-module(mod_filterd_channel).
-behaviour(gen_server).

-include("xmpp.hrl").
-include("logger.hrl").

%% hosts
-export([guard/1, unguard/1, hosts/0, is_up/0]).
%% sessions
-export([pid/1, join/3, leave/1, inspect/4, cancel/2, broken/1]).
%% the offer of a channel
-export([offer/1]).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2, injector/1]).

-define(VERSION, 1).
-define(SOFTWARE, "mod_filterd/1.0 ejabberd/").
%% types of frames
-define(ATTACH, 16#01).
-define(SESSION, 16#02).
-define(INSPECT, 16#03).
-define(CANCEL, 16#04).
-define(END, 16#05).
-define(INJECTED, 16#06).
-define(PING, 16#40).
-define(PONG, 16#41).
-define(ROOM, 16#42).
-define(READY, 16#81).
-define(DELIVER, 16#82).
-define(REPLACE, 16#83).
-define(BOUNCE, 16#84).
-define(DROP, 16#85).
-define(INJECT, 16#86).

-define(CONNECT_MS, 5000).
%% Nothing is written for so long: filterd has stopped reading, the channel is lost.
-define(SEND_MS, 5000).
-define(TICK_MS, 1000).
-define(SILENCE_MS, 10000).
-define(PONG_MS, 5000).
-define(BATCH_MAX, 200).
-define(READS, 100).
-define(SESSIONS_MAX, 1048576).
-define(ROOMS_MAX, 65536).
%% With room for a tick's worth of questions: the channel begins anew before its numbers run out.
-define(ID_MAX, 16#fff00000).
%% an INSPECT frame without its stanza
-define(INSPECT_HEADER, 10).

-record(session, {info :: map(), answered :: atomics:atomics_ref(), number :: undefined | {reference(), pos_integer()}}).

-record(state, {socket :: undefined | {gen_tcp | ssl, term()},
                channel :: undefined | reference(),     % names one life of the channel
                attaching :: undefined | {pid(), reference()},
                trouble :: term(),                      % the last failure to attach, so as to log it once
                buffer = <<>> :: binary(),
                frame_max = 0 :: non_neg_integer(),
                window = 0 :: non_neg_integer(),
                next_id = 1 :: pos_integer(),
                next_session = 1 :: pos_integer(),
                open = #{} :: #{pos_integer() => {pid(), pos_integer()}},
                waiting = queue:new() :: queue:queue(),
                sessions = #{} :: #{pid() => #session{}},
                rooms = #{} :: #{mod_filterd_rooms:room() => pos_integer()},    % told, and in which version
                heard = 0 :: integer(),
                pinged :: undefined | integer(),
                injector :: pid()}).

%%% --- hosts -------------------------------------------------------------------------------------------------------

%% Begins to serve a host; the first one starts the process.
-spec guard(binary()) -> ok.
guard(Host) ->
    Spec = {?MODULE, {?MODULE, start_link, []}, permanent, 5000, worker, [?MODULE]},
    case supervisor:start_child(ejabberd_gen_mod_sup, Spec) of
        {ok, _} -> ok;
        {error, {already_started, _}} -> ok
    end,
    gen_server:call(?MODULE, {guard, Host}, infinity).

%% Ends it: whatever the host's sessions have under way is failed, and when this returns they have seen it.
%% The last host stops the process.
-spec unguard(binary()) -> more | last.
unguard(Host) ->
    Pids = gen_server:call(?MODULE, {unguard, Host}, infinity),
    Refs = [{erlang:monitor(process, Pid), Pid} || Pid <- Pids],
    lists:foreach(fun({Ref, Pid}) ->
                          Pid ! {filterd_seen, self(), Ref},
                          receive
                              {filterd_seen, Ref} -> erlang:demonitor(Ref, [flush]);
                              {'DOWN', Ref, process, Pid, _} -> ok
                          after 5000 -> erlang:demonitor(Ref, [flush])
                          end
                  end, Refs),
    case hosts() of
        [] ->
            supervisor:terminate_child(ejabberd_gen_mod_sup, ?MODULE),
            supervisor:delete_child(ejabberd_gen_mod_sup, ?MODULE),
            last;
        _ ->
            more
    end.

-spec hosts() -> [binary()].
hosts() ->
    try [Host || {{host, Host}, _} <- ets:tab2list(?MODULE)]
    catch error:badarg -> []
    end.

-spec is_up() -> boolean().
is_up() ->
    try gen_server:call(?MODULE, is_up)
    catch exit:_ -> false
    end.

%%% --- sessions ----------------------------------------------------------------------------------------------------

%% Whom to ask on behalf of a host; undefined: nobody.
-spec pid(binary()) -> undefined | pid().
pid(Host) ->
    try ets:lookup_element(?MODULE, {host, Host}, 2)
    catch error:badarg -> undefined
    end.

%% The calling process is a session.  The channel watches it and forgets it when it ends.  Answered counts the verdicts
%% it has been sent.
-spec join(pid(), map(), atomics:atomics_ref()) -> ok.
join(Channel, Info, Answered) ->
    Channel ! {join, self(), #session{info = Info, answered = Answered}},
    ok.

%% The answer comes as {filterd_verdicts, [{Seq, Verdict}, ...]}.  Again: 1 when asked a second time after a resumption.
-spec inspect(pid(), pos_integer(), 0 | 1, stanza()) -> ok.
inspect(Channel, Seq, Again, Pkt) ->
    Asked = xmpp:set_from_to(Pkt, routed(xmpp:get_from(Pkt)), routed(xmpp:get_to(Pkt))),
    Channel ! {inspect, self(), Seq, {Again, mod_filterd_rooms:looked(Pkt)}, fxml:element_to_binary(xmpp:encode(Asked))},
    ok.

%% The address by whose domain ejabberd routes: however else it may be spelt, for filterd's zones it is that one.
routed(#jid{luser = User, lserver = Server} = Jid) -> Jid#jid{user = User, server = Server};
routed(undefined) -> undefined.

%% The calling session has asked all it will ever ask.
-spec leave(pid()) -> ok.
leave(Channel) ->
    Channel ! {leave, self()},
    ok.

%% An answer turned out to break the rules.
-spec broken(binary()) -> ok.
broken(Host) ->
    case pid(Host) of
        undefined -> ok;
        Channel -> Channel ! broken_answer, ok
    end.

-spec cancel(pid(), [pos_integer()]) -> ok.
cancel(Channel, Seqs) ->
    Channel ! {cancel, self(), Seqs},
    ok.

%%% --- the offer ---------------------------------------------------------------------------------------------------

%% What filterd's <attach/> says; ok: an attempt is under way.
-spec offer(#{path => binary(), host => binary(), port => inet:port_number(), fingerprint => binary(), token := binary()}) ->
          ok | conflict.
offer(Offer) ->
    gen_server:call(?MODULE, {offer, Offer}, ?SEND_MS + 1000).

%%% --- process -----------------------------------------------------------------------------------------------------

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    process_flag(trap_exit, true),
    process_flag(priority, high),
    process_flag(message_queue_data, off_heap),
    ets:new(?MODULE, [named_table, protected, {read_concurrency, true}]),
    mod_filterd_rooms:new_table(),
    %% after a crash: the modules are still loaded
    [ets:insert(?MODULE, {{host, Host}, self()}) || Host <- ejabberd_option:hosts(), gen_mod:is_loaded(Host, mod_filterd)],
    Channel = self(),
    erlang:send_after(?TICK_MS, self(), tick),
    {ok, #state{injector = spawn_link(fun() -> ?MODULE:injector(Channel) end)}}.

handle_call({guard, Host}, _From, State) ->
    mod_filterd_rooms:forget(),
    ets:insert(?MODULE, {{host, Host}, self()}),
    {reply, ok, State};
handle_call({unguard, Host}, From, State) ->
    ets:delete(?MODULE, {host, Host}),
    mod_filterd_rooms:forget(),
    %% a session that looked the host up just now may be about to ask
    erlang:send_after(50, self(), {unguarded, Host, From}),
    {noreply, State};
handle_call({offer, _}, _From, #state{socket = Socket, attaching = Attaching} = State) when Socket /= undefined; Attaching /= undefined ->
    {reply, conflict, State};
handle_call({offer, Offer}, _From, State) ->
    Channel = self(),
    Attaching = spawn_monitor(fun() -> exit(attach(Channel, Offer)) end),
    {reply, ok, State#state{attaching = Attaching}};
handle_call(is_up, _From, #state{socket = Socket} = State) ->
    {reply, Socket /= undefined, State}.

handle_cast(_, State) ->
    {noreply, State}.

handle_info({inspect, _, _, _, _} = Question, State) ->
    {noreply, ask([Question | gather(?BATCH_MAX)], State)};
handle_info({join, Pid, Session}, State) ->
    {noreply, join_session(Pid, Session, State)};
handle_info({leave, Pid}, #state{waiting = Waiting} = State) ->
    case queue:any(fun({inspect, Owner, _, _, _}) -> Owner == Pid end, Waiting) of
        true -> {noreply, State};       % it will have gone when they are answered
        false -> {noreply, leave_session(Pid, State)}
    end;
handle_info({tcp, Socket, Data}, #state{socket = {_, Socket}} = State) ->
    {noreply, received(Data, State)};
handle_info({ssl, Socket, Data}, #state{socket = {_, Socket}} = State) ->
    {noreply, received(Data, State)};
handle_info({Passive, Socket}, #state{socket = {_, Socket} = S} = State) when Passive == tcp_passive; Passive == ssl_passive ->
    {noreply, activate(S, State)};
handle_info({Closed, Socket}, #state{socket = {_, Socket}} = State) when Closed == tcp_closed; Closed == ssl_closed ->
    {noreply, lost(closed, State)};
handle_info({Error, Socket, Why}, #state{socket = {_, Socket}} = State) when Error == tcp_error; Error == ssl_error ->
    {noreply, lost(Why, State)};
handle_info({cancel, Pid, Seqs}, State) ->
    {noreply, cancel_all([{Pid, Seqs} | gather_cancels()], State)};
handle_info(broken_answer, State) ->
    {noreply, lost(broken_answer, State)};
handle_info(tick, State) ->
    erlang:send_after(?TICK_MS, self(), tick),
    {noreply, watch(State)};
handle_info({injected, Channel, Id, Status}, #state{channel = Channel} = State) ->
    {noreply, send(frame(?INJECTED, <<Id:32, Status:8>>), State)};
handle_info({unguarded, Host, From}, State) ->
    {Pids, S} = fail_host(Host, State),
    gen_server:reply(From, Pids),
    {noreply, S};
handle_info({'DOWN', Ref, process, Pid, Result}, #state{attaching = {Pid, Ref}} = State) ->
    {noreply, attached(Result, State#state{attaching = undefined})};
handle_info({'DOWN', _, process, Pid, _}, State) ->
    {noreply, end_session(Pid, State)};
handle_info({'EXIT', Injector, Why}, #state{injector = Injector} = State) ->
    {stop, Why, State};
handle_info(_, State) ->
    %% of a socket or an injection that belongs to a channel before this one
    {noreply, State}.

terminate(_, State) ->
    fail_all(lost(stopped, State)).

%%% --- questions ---------------------------------------------------------------------------------------------------

gather(0) ->
    [];
gather(N) ->
    receive
        {inspect, _, _, _, _} = Question -> [Question | gather(N - 1)];
        %% in its place: a session joins before it asks
        {join, _, _} = Join -> [Join | gather(N - 1)]
    after 0 ->
        []
    end.

ask(Questions, State) ->
    {Frames, S} = lists:foldl(fun put_question/2, {[], State}, Questions),
    send(lists:reverse(Frames), S).

put_question({join, Pid, Session}, {Frames, State}) ->
    {Frames, join_session(Pid, Session, State)};
put_question({inspect, Pid, Seq, _, _}, {Frames, #state{socket = undefined, attaching = undefined} = State}) ->
    tell(Pid, [{Seq, failed}], State),
    {Frames, State};
put_question(Question, {Frames, #state{socket = undefined, waiting = Waiting} = State}) ->
    {Frames, State#state{waiting = queue:in(Question, Waiting)}};
put_question({inspect, Pid, Seq, _, Stanza}, {Frames, #state{frame_max = Max} = State}) when byte_size(Stanza) + ?INSPECT_HEADER > Max ->
    tell(Pid, [{Seq, refused}], State),
    {Frames, State};
put_question(Question, {Frames, #state{open = Open, window = Window, waiting = Waiting} = State}) when map_size(Open) >= Window ->
    {Frames, State#state{waiting = queue:in(Question, Waiting)}};
put_question({inspect, Pid, Seq, {Again, Room}, Stanza}, {Frames, #state{open = Open, next_id = Id} = State}) ->
    case number(Pid, State) of
        unknown ->
            {Frames, State};
        full ->
            tell(Pid, [{Seq, failed}], State),
            {Frames, State};
        {Number, Introduction, S} ->
            {News, S1} = tell_room(Room, S),
            Frame = frame(?INSPECT, [<<Id:32, Number:32, Again:8>>, Stanza]),
            {[[Introduction, News, Frame] | Frames], S1#state{open = Open#{Id => {Pid, Seq}}, next_id = Id + 1}}
    end.

%% The number of a session on this channel, and the frame that introduces it where it has none yet.
number(Pid, #state{channel = Channel, sessions = Sessions, next_session = Next} = State) ->
    case Sessions of
        #{Pid := #session{number = {Channel, Number}}} ->
            {Number, [], State};
        #{Pid := #session{}} when map_size(Sessions) > ?SESSIONS_MAX ->
            full;
        #{Pid := #session{info = Info} = Session} ->
            #{origin := Origin, flags := Flags, jid := Jid, host := Host, address := Address} = Info,
            Body = [<<Next:32, (origin(Origin)):8, Flags:8>>, str16(Jid), str16(Host), str16(Address)],
            {Next, frame(?SESSION, Body),
             State#state{sessions = Sessions#{Pid := Session#session{number = {Channel, Next}}}, next_session = Next + 1}};
        _ ->
            unknown     % ended in the meantime
    end.

%% What filterd has not been told yet of the room to which a stanza goes.
tell_room(none, State) ->
    {[], State};
tell_room({Room, Serial}, #state{rooms = Told} = State) ->
    case mod_filterd_rooms:known(Room) of
        Version when Version == map_get(Room, Told), Serial /= unknown ->
            {[], State};
        Version when Version == unknown; Serial == unknown ->
            {[frame(?ROOM, [room_name(Room), 0]) || is_map_key(Room, Told)], State#state{rooms = maps:remove(Room, Told)}};
        _ when map_size(Told) >= ?ROOMS_MAX ->
            {Frame, S} = tell_room({Room, Serial}, State#state{rooms = #{}}),
            {[frame(?ROOM, <<0:16, 0>>), Frame], S};
        Version ->
            %% read after the version: should they be newer, they are told again
            case mod_filterd_rooms:domains(Room) of
                too_many -> tell_room({Room, unknown}, State);
                Domains -> {frame(?ROOM, [room_name(Room), 1 | [str16(Domain) || Domain <- Domains]]), State#state{rooms = Told#{Room => Version}}}
            end
    end.

room_name({Name, Host}) -> str16(<<Name/binary, "@", Host/binary>>).

origin(c2s) -> 1;
origin(s2s) -> 2;
origin(component) -> 3.

join_session(Pid, Session, #state{sessions = Sessions} = State) ->
    erlang:monitor(process, Pid),
    State#state{sessions = Sessions#{Pid => Session}}.

%% The session's number is free again; its open questions stay open.
leave_session(Pid, #state{channel = Channel, sessions = Sessions} = State) ->
    case Sessions of
        #{Pid := #session{number = {Channel, Number}} = Session} when Channel /= undefined ->
            send(frame(?END, <<Number:32>>), State#state{sessions = Sessions#{Pid := Session#session{number = undefined}}});
        _ ->
            State
    end.

end_session(Pid, State) ->
    #state{sessions = Sessions} = S = leave_session(Pid, State),
    S#state{sessions = maps:remove(Pid, Sessions)}.

%% The window has room again.
admit(#state{socket = undefined} = State) ->
    State;
admit(#state{open = Open, window = Window, waiting = Waiting} = State) ->
    case min(Window - map_size(Open), queue:len(Waiting)) of
        N when N > 0 ->
            {Now, Later} = queue:split(N, Waiting),
            ask(queue:to_list(Now), State#state{waiting = Later});
        _ ->
            State
    end.

gather_cancels() ->
    receive
        {cancel, Pid, Seqs} -> [{Pid, Seqs} | gather_cancels()]
    after 0 ->
        []
    end.

cancel_all(Cancels, #state{open = Open, waiting = Waiting} = State) ->
    Given = maps:from_list([{{Pid, Seq}, true} || {Pid, Seqs} <- Cancels, Seq <- Seqs]),
    Ids = [Id || {Id, Owner} <- maps:to_list(Open), is_map_key(Owner, Given)],
    Still = queue:filter(fun({inspect, Pid, Seq, _, _}) -> not is_map_key({Pid, Seq}, Given) end, Waiting),
    S = send([frame(?CANCEL, <<Id:32>>) || Id <- Ids], State#state{open = maps:without(Ids, Open), waiting = Still}),
    admit(S).

%%% --- answers -----------------------------------------------------------------------------------------------------

received(Data, #state{buffer = Buffer} = State) ->
    S = State#state{heard = now_ms(), pinged = undefined},
    case frames(<<Buffer/binary, Data/binary>>, [], S) of
        {ok, Verdicts, S1} -> tell_all(Verdicts, S1), admit(S1);
        {error, Why, Verdicts, S1} -> tell_all(Verdicts, S1), lost(Why, S1)
    end.

frames(<<Length:32, _/binary>>, Verdicts, #state{frame_max = Max} = State) when Length == 0; Length > Max ->
    {error, bad_length, Verdicts, State};
frames(<<Length:32, Frame:Length/binary, Rest/binary>>, Verdicts, State) ->
    case Frame of
        <<?DELIVER, Id:32>> -> answer(Id, deliver, Rest, Verdicts, State);
        <<?REPLACE, Id:32, Stanza/binary>> -> answer(Id, {replace, Stanza}, Rest, Verdicts, State);
        <<?BOUNCE, Id:32, Error/binary>> -> answer(Id, {bounce, Error}, Rest, Verdicts, State);
        <<?DROP, Id:32>> -> answer(Id, drop, Rest, Verdicts, State);
        <<?INJECT, Id:32, Stanza/binary>> ->
            State#state.injector ! {inject, State#state.channel, Id, Stanza},
            frames(Rest, Verdicts, State);
        <<?PING, Cookie:32>> -> frames(Rest, Verdicts, send(frame(?PONG, <<Cookie:32>>), State));
        <<Control, _/binary>> when Control >= 16#40, Control =< 16#7f, Control /= ?PING, Control /= ?PONG ->
            frames(Rest, Verdicts, State);
        <<?PONG, _:32>> -> frames(Rest, Verdicts, State);
        _ -> {error, bad_frame, Verdicts, State}
    end;
frames(Rest, Verdicts, State) ->
    {ok, Verdicts, State#state{buffer = Rest}}.

answer(Id, Verdict, Rest, Verdicts, #state{open = Open} = State) ->
    case maps:take(Id, Open) of
        {{Pid, Seq}, Still} -> frames(Rest, group(Pid, {Seq, Verdict}, Verdicts), State#state{open = Still});
        error -> frames(Rest, Verdicts, State)        % late
    end.

group(Pid, Verdict, [{Pid, Same} | Others]) -> [{Pid, [Verdict | Same]} | Others];
group(Pid, Verdict, Others) -> [{Pid, [Verdict]} | Others].

tell_all(Verdicts, State) ->
    [tell(Pid, lists:reverse(Same), State) || {Pid, Same} <- lists:reverse(Verdicts)].

tell(Pid, Verdicts, #state{sessions = Sessions}) ->
    case Sessions of
        #{Pid := #session{answered = Answered}} ->
            atomics:add(Answered, 1, length(Verdicts)),
            Pid ! {filterd_verdicts, Verdicts};
        _ ->
            ended
    end.

fail_host(Host, #state{open = Open, waiting = Waiting, sessions = Sessions} = State) ->
    Members = maps:filter(fun(_, #session{info = #{host := H}}) -> H == Host end, Sessions),
    {Gone, Still} = lists:partition(fun({_, {Pid, _}}) -> is_map_key(Pid, Members) end, maps:to_list(Open)),
    {GoneWaiting, StillWaiting} = lists:partition(fun({inspect, Pid, _, _, _}) -> is_map_key(Pid, Members) end, queue:to_list(Waiting)),
    Owners = [Owner || {_, Owner} <- Gone] ++ [{Pid, Seq} || {inspect, Pid, Seq, _, _} <- GoneWaiting],
    [tell(Pid, [{Seq, failed}], State) || {Pid, Seq} <- Owners],
    S = send([frame(?CANCEL, <<Id:32>>) || {Id, _} <- Gone],
             State#state{open = maps:from_list(Still), waiting = queue:from_list(StillWaiting)}),
    {maps:keys(Members), S}.

%% What filterd sends of its own accord is routed by a process beside the channel: archives may be slow.
injector(Channel) ->
    receive
        {inject, Life, Id, Stanza} -> Channel ! {injected, Life, Id, mod_filterd:inject(Stanza)}
    end,
    ?MODULE:injector(Channel).

%%% --- the channel's life ------------------------------------------------------------------------------------------

%% Runs in a process of its own.
attach(Channel, #{token := Token} = Offer) ->
    case connect(Offer) of
        {ok, Mod, Socket} ->
            Software = [?SOFTWARE, ejabberd_option:version()],
            Attach = frame(?ATTACH, [?VERSION, Token, str16(iolist_to_binary(Software))]),
            case Mod:send(Socket, Attach) of
                ok -> ready(Channel, Mod, Socket);
                {error, Why} -> {failed, Why}
            end;
        {error, Why} ->
            {failed, Why}
    end.

ready(Channel, Mod, Socket) ->
    case Mod:recv(Socket, 14, ?CONNECT_MS) of
        {ok, <<10:32, ?READY, ?VERSION, FrameMax:32, Window:32>>} when FrameMax >= 4096, Window > 0 ->
            ok = Mod:controlling_process(Socket, Channel),
            {ready, {Mod, Socket}, FrameMax, Window};
        {ok, _} ->
            {failed, not_ready};
        {error, Why} ->
            {failed, Why}
    end.

connect(#{path := Path} = Offer) ->
    case gen_tcp:connect({local, Path}, 0, [local | socket_options()], ?CONNECT_MS) of
        {ok, Socket} -> {ok, gen_tcp, Socket};
        {error, _} when is_map_key(host, Offer) -> connect(maps:remove(path, Offer));
        {error, Why} -> {error, {Path, Why}}
    end;
connect(#{host := Host, port := Port, fingerprint := Fingerprint}) ->
    %% The certificate is trusted for its fingerprint, which came over the authenticated component link, and for
    %% nothing else; the token is shown only after that.
    {ok, _} = application:ensure_all_started(ssl),
    Options = [{verify, verify_none}, {server_name_indication, disable}, {versions, ['tlsv1.2', 'tlsv1.3']} | socket_options()],
    case ssl:connect(address(Host), Port, Options, ?CONNECT_MS) of
        {ok, Socket} ->
            {ok, Certificate} = ssl:peercert(Socket),
            case crypto:hash(sha256, Certificate) of
                Fingerprint -> {ok, ssl, Socket};
                _ -> ssl:close(Socket), {error, {Host, wrong_certificate}}
            end;
        {error, Why} ->
            {error, {Host, Why}}
    end.

address(Host) ->
    case inet:parse_address(binary_to_list(Host)) of
        {ok, Address} -> Address;
        {error, _} -> binary_to_list(Host)
    end.

socket_options() ->
    [binary, {active, false}, {packet, raw}, {send_timeout, ?SEND_MS}, {send_timeout_close, true}, {buffer, 65536}].

attached({ready, Socket, FrameMax, Window}, State) ->
    ?INFO_MSG("Inspect channel to filterd is up", []),
    admit(activate(Socket, State#state{socket = Socket, channel = make_ref(), trouble = undefined, buffer = <<>>, frame_max = FrameMax,
                                 window = Window, next_id = 1, next_session = 1, rooms = #{}, heard = now_ms(), pinged = undefined}));
attached(Failure, #state{trouble = Trouble} = State) ->
    [?WARNING_MSG("No inspect channel to filterd: ~0tP", [Failure, 12]) || Failure /= Trouble],
    fail_all(State#state{trouble = Failure}).

activate({gen_tcp, Socket} = S, State) ->
    activated(inet:setopts(Socket, [{active, ?READS}]), State#state{socket = S});
activate({ssl, Socket} = S, State) ->
    activated(ssl:setopts(Socket, [{active, ?READS}]), State#state{socket = S}).

activated(ok, State) -> State;
activated({error, Why}, State) -> lost(Why, State).

%% Every open question is failed at once; its session applies on_failure.
lost(_, #state{socket = undefined} = State) ->
    State;
lost(Why, #state{socket = {Mod, Socket}} = State) ->
    ?WARNING_MSG("Inspect channel to filterd is lost: ~0tP", [Why, 12]),
    Mod:close(Socket),
    fail_all(State#state{socket = undefined, channel = undefined, buffer = <<>>}).

fail_all(#state{open = Open, waiting = Waiting} = State) ->
    [tell(Pid, [{Seq, failed}], State) || {_, {Pid, Seq}} <- maps:to_list(Open)],
    [tell(Pid, [{Seq, failed}], State) || {inspect, Pid, Seq, _, _} <- queue:to_list(Waiting)],
    State#state{open = #{}, waiting = queue:new()}.

watch(#state{socket = undefined} = State) ->
    State;
watch(#state{next_id = Id, next_session = Session} = State) when Id > ?ID_MAX; Session > ?ID_MAX ->
    lost(numbers_used_up, State);
watch(#state{heard = Heard, pinged = Pinged} = State) ->
    Now = now_ms(),
    if
        Pinged == undefined, Now - Heard >= ?SILENCE_MS ->
            send(frame(?PING, <<(Now band 16#ffffffff):32>>), State#state{pinged = Now});
        is_integer(Pinged), Now - Pinged >= ?PONG_MS ->
            lost(silent, State);
        true ->
            State
    end.

send([], State) ->
    State;
send(_, #state{socket = undefined} = State) ->
    State;
send(Frames, #state{socket = {Mod, Socket}} = State) ->
    case Mod:send(Socket, Frames) of
        ok -> State;
        {error, Why} -> lost(Why, State)
    end.

frame(Type, Body) ->
    [<<(1 + iolist_size(Body)):32, Type>>, Body].

str16(Text) ->
    [<<(byte_size(Text)):16>>, Text].

now_ms() ->
    erlang:monotonic_time(millisecond).
