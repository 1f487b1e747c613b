%%% One session's queue of held stanzas, kept by the process that owns the session: a client's own process, or a lane
%%% (mod_filterd_lane) for other servers and components.
%%%
%%% A stanza is asked about and queued; any number may be under way.  Answers come in any order and are handed out in
%%% the order in which the stanzas came.  A stanza without content behind a held one waits in the same queue, decided
%%% already.  Every stanza has a deadline, checked here and not by the channel, so that it holds whatever state the
%%% channel is in: one timer per session that has something held, never one per stanza.
-module(mod_filterd_session).

-export([new/1, hold/3, handle/2, wait/1, is_answered/1, leave/1, move/1, is_idle/1, held/1, host/1]).
-export_type([session/0, verdict/0]).

-include("xmpp.hrl").

%% failed: no answer, the host's on_failure decides.  refused: as on_failure = closed, whatever is configured.
-type verdict() :: deliver | drop | failed | refused | {replace, binary()} | {bounce, binary()}.
-type decided() :: [{stanza(), verdict()}].
%% what filterd is told of a session, see SESSION in PROTOCOL.inspect
-type info() :: #{origin := c2s | s2s | component, flags := byte(), jid := binary(), host := binary(), address := binary()}.

-record(session, {info :: info(),
                  channel :: undefined | {pid(), reference()},
                  answered = atomics:new(1, []) :: atomics:atomics_ref(),   % verdicts sent to the owner; the channel counts
                  handled = 0 :: non_neg_integer(),                         % verdicts that reached us
                  queue = queue:new() :: queue:queue({pos_integer(), stanza(), integer()}),
                  verdicts = #{} :: #{pos_integer() => verdict()},
                  next = 1 :: pos_integer(),
                  timer = false :: boolean()}).
-opaque session() :: #session{}.

-spec new(info()) -> session().
new(Info) ->
    #session{info = Info}.

-spec is_idle(session()) -> boolean().
is_idle(#session{queue = Queue}) ->
    queue:is_empty(Queue).

-spec held(session()) -> non_neg_integer().
held(#session{queue = Queue}) ->
    queue:len(Queue).

-spec host(session()) -> binary().
host(#session{info = #{host := Host}}) ->
    Host.

%% Queues a stanza; Ask: it has content.  Returns what is decided at once.
-spec hold(stanza(), boolean(), session()) -> {decided(), session()}.
hold(Pkt, false, Session) ->
    {Seq, S} = append(Pkt, Session),
    settle([{Seq, deliver}], S);
hold(Pkt0, true, #session{info = #{host := Host}} = Session) ->
    Pkt = mod_filterd_rooms:look(Pkt0),
    {Seq, S} = append(Pkt, Session),
    case mod_filterd_channel:pid(Host) of
        undefined ->
            settle([{Seq, failed}], S);
        Pid ->
            {Decided, S1} = join(Pid, S),
            mod_filterd_channel:inspect(Pid, Seq, 0, Pkt),
            {Decided, arm(S1)}
    end.

%% A message that the owner received; ignored when it is not for the session.
-spec handle(term(), session()) -> {decided(), session()} | ignored.
handle({filterd_verdicts, Verdicts}, #session{handled = Handled} = Session) ->
    settle(Verdicts, Session#session{handled = Handled + length(Verdicts)});
handle(filterd_deadline, Session) ->
    expire(Session#session{timer = false});
handle({'DOWN', Ref, process, Pid, _}, #session{channel = {Pid, Ref}} = Session) ->
    fail(Session#session{channel = undefined});
handle({filterd_seen, From, Ref}, Session) ->
    From ! {filterd_seen, Ref},     % see mod_filterd_channel:unguard/1
    {[], Session};
handle(_, _) ->
    ignored.

%% Whether an answer is on its way to handle/2.  A client's process takes all messages out of its mailbox before it
%% handles the first (p1_server), so wait/1 would not see such an answer: it is to be called when there is none.
-spec is_answered(session()) -> boolean().
is_answered(#session{answered = Answered, handled = Handled}) ->
    atomics:get(Answered, 1) > Handled.

%% Blocks until something changes, till the first deadline at the longest.
-spec wait(session()) -> {decided(), session()}.
wait(Session) ->
    Longest = case undecided(Session) of
                  [{_, _, Deadline} | _] -> max(0, Deadline - now_ms());
                  [] -> 0
              end,
    receive
        {filterd_verdicts, _} = Message -> handle(Message, Session)
    after Longest ->
        expire(Session)
    end.

%% No more stanzas will come; what is held will still be settled.
-spec leave(session()) -> ok.
leave(#session{channel = {Pid, _}}) -> mod_filterd_channel:leave(Pid);
leave(_) -> ok.

%% The session has a new owner, the caller (a resumed stream): what is undecided is asked about again.
-spec move(session()) -> {decided(), session()}.
move(#session{info = #{host := Host}} = Session) ->
    S = Session#session{channel = undefined, answered = atomics:new(1, []), handled = 0, timer = false},
    case {is_idle(S), mod_filterd_channel:pid(Host)} of
        {true, _} ->
            {[], S};
        {false, undefined} ->
            fail(S);
        {false, Pid} ->
            {[], S1} = join(Pid, S),
            [mod_filterd_channel:inspect(Pid, Seq, 1, Pkt) || {Seq, Pkt, _} <- undecided(S1)],
            {[], arm(S1)}
    end.

append(Pkt, #session{queue = Queue, next = Seq, info = #{host := Host}} = Session) ->
    Deadline = now_ms() + mod_filterd:timeout(Host),
    {Seq, Session#session{queue = queue:in({Seq, Pkt, Deadline}, Queue), next = Seq + 1}}.

%% A session makes itself known to a channel once.
join(Pid, #session{channel = {Pid, _}} = Session) ->
    {[], Session};
join(Pid, #session{channel = Old, info = Info, answered = Answered} = Session) ->
    mod_filterd_channel:join(Pid, Info, Answered),
    Joined = Session#session{channel = {Pid, erlang:monitor(process, Pid)}},
    case Old of
        undefined ->
            {[], Joined};
        {_, Ref} ->
            %% the channel process was replaced, and nobody answers what the old one was asked
            erlang:demonitor(Ref, [flush]),
            fail_but_last(Joined)
    end.

fail_but_last(#session{next = Next} = Session) ->
    settle([{Seq, failed} || {Seq, _, _} <- undecided(Session), Seq < Next - 1], Session).

fail(Session) ->
    settle([{Seq, failed} || {Seq, _, _} <- undecided(Session)], Session).

expire(#session{channel = Channel} = Session) ->
    Now = now_ms(),
    Late = [Seq || {Seq, _, Deadline} <- undecided(Session), Deadline =< Now],
    case Channel of
        {Pid, _} when Late /= [] -> mod_filterd_channel:cancel(Pid, Late);
        _ -> ok
    end,
    {Decided, S} = settle([{Seq, failed} || Seq <- Late], Session),
    {Decided, arm(S)}.

%% The timer runs until the deadline of the first undecided stanza at that moment; when it fires it is set anew, if
%% anything is held then.
arm(#session{timer = true} = Session) ->
    Session;
arm(Session) ->
    case undecided(Session) of
        [] ->
            Session;
        [{_, _, Deadline} | _] ->
            erlang:send_after(max(0, Deadline - now_ms()), self(), filterd_deadline),
            Session#session{timer = true}
    end.

undecided(#session{queue = Queue, verdicts = Verdicts}) ->
    [Item || {Seq, _, _} = Item <- queue:to_list(Queue), not is_map_key(Seq, Verdicts)].

%% The first answer to a stanza counts; one that is no longer held, or never was, is ignored.
settle(New, #session{queue = Queue, verdicts = Verdicts, next = Next} = Session) ->
    First = case queue:peek(Queue) of
                {value, {Seq, _, _}} -> Seq;
                empty -> Next
            end,
    All = lists:foldl(fun({S, V}, Acc) when S >= First, S < Next, not is_map_key(S, Acc) -> Acc#{S => V};
                         (_, Acc) -> Acc
                      end, Verdicts, New),
    take(Session#session{verdicts = All}, []).

take(#session{queue = Queue, verdicts = Verdicts} = Session, Decided) ->
    case queue:peek(Queue) of
        {value, {Seq, Pkt, _} = Item} when is_map_key(Seq, Verdicts) ->
            {Verdict, Rest} = maps:take(Seq, Verdicts),
            S = Session#session{queue = queue:drop(Queue), verdicts = Rest},
            case passes(Verdict) andalso mod_filterd_rooms:is_outdated(Pkt) of
                true -> ask_anew(Item, S, Decided);
                false -> take(S, [{Pkt, Verdict} | Decided])
            end;
        _ ->
            {lists:reverse(Decided), Session}
    end.

passes(deliver) -> true;
passes({replace, _}) -> true;
passes(_) -> false.

%% Somebody of a new domain has come into the room meanwhile, and the answer is not about them.
ask_anew({Seq, Pkt, Deadline}, #session{queue = Queue, channel = Channel} = Session, Decided) ->
    case {mod_filterd_rooms:look_anew(Pkt), Channel} of
        {none, _} -> take(Session, [{Pkt, refused} | Decided]);
        {_, undefined} -> take(Session, [{Pkt, refused} | Decided]);
        {Anew, {Pid, _}} ->
            mod_filterd_channel:inspect(Pid, Seq, 1, Anew),
            {lists:reverse(Decided), arm(Session#session{queue = queue:in_r({Seq, Anew, Deadline}, Queue)})}
    end.

now_ms() ->
    erlang:monotonic_time(millisecond).
