%%% The queue of a stream whose own process cannot keep one: another server's stream or an external component's.
%%%
%%% An incoming server stream runs no hook when it ends, and a component's process hands on no messages, so each stream
%%% (for servers: each remote domain on it) has a lane: a process that holds its stanzas and routes what may pass.  It
%%% outlives the stream until the last stanza held is settled.
-module(mod_filterd_lane).
-behaviour(gen_server).

-export([new/2, adopt/1, is_alive/1, is_idle/1, hold/4]).
-export([init/1, handle_continue/2, handle_call/3, handle_cast/2, handle_info/2]).
-export_type([lane/0]).

-include("xmpp.hrl").

%% Count: stanzas in the lane, held or on their way to it; shared with the stream's process.
-opaque lane() :: {pid(), Count :: atomics:atomics_ref()}.

-record(state, {session :: mod_filterd_session:session(),
                count :: atomics:atomics_ref(),
                pass :: {module(), atom(), [term()]},
                stream :: undefined | reference(),
                blocked :: undefined | {gen_server:from(), non_neg_integer()}}).

%% A lane for the calling stream; Pass = {M, F, Args}: M:F(Pkt, Args...) takes on a stanza that may pass.
-spec new(mod_filterd_session:session(), {module(), atom(), [term()]}) -> lane().
new(Session, Pass) ->
    Count = atomics:new(1, []),
    {ok, Pid} = gen_server:start(?MODULE, {self(), Session, Pass, Count}, []),
    {Pid, Count}.

%% Settles what is left of a session whose own process is gone.
-spec adopt(mod_filterd_session:session()) -> ok.
adopt(Session) ->
    {ok, _} = gen_server:start(?MODULE, {adopted, Session, {ejabberd_router, route, []}, atomics:new(1, [])}, []),
    ok.

-spec is_alive(lane()) -> boolean().
is_alive({Pid, _}) ->
    is_process_alive(Pid).

-spec is_idle(lane()) -> boolean().
is_idle({_, Count}) ->
    atomics:get(Count, 1) == 0.

%% Called by the stream.  With Max stanzas in the lane the caller waits, which pauses reading from its socket.
-spec hold(stanza(), boolean(), pos_integer(), lane()) -> ok.
hold(Pkt, Ask, Max, {Pid, Count}) ->
    Pid ! {hold, Pkt, Ask},
    case atomics:add_get(Count, 1, 1) of
        N when N >= Max -> gen_server:call(Pid, {below, Max}, infinity);
        _ -> ok
    end.

init({Stream, Session, Pass, Count}) when is_pid(Stream) ->
    {ok, #state{session = Session, pass = Pass, count = Count, stream = erlang:monitor(process, Stream)}};
init({adopted, Session, Pass, Count}) ->
    atomics:put(Count, 1, mod_filterd_session:held(Session)),
    {ok, #state{session = Session, pass = Pass, count = Count}, {continue, adopt}}.

handle_continue(adopt, #state{session = Session} = State) ->
    settle(mod_filterd_session:move(Session), State).

handle_call({below, Max}, From, State) ->
    release(State#state{blocked = {From, Max}}).

handle_cast(_, State) ->
    {noreply, State}.

handle_info({hold, Pkt, Ask}, #state{session = Session} = State) ->
    settle(mod_filterd_session:hold(Pkt, Ask, Session), State);
handle_info({'DOWN', Ref, process, _, _}, #state{stream = Ref, session = Session} = State) ->
    mod_filterd_session:leave(Session),
    release(State#state{stream = undefined});
handle_info(Message, #state{session = Session} = State) ->
    case mod_filterd_session:handle(Message, Session) of
        ignored -> {noreply, State};
        Result -> settle(Result, State)
    end.

settle({Decided, Session}, #state{pass = {M, F, Args}, count = Count} = State) ->
    Host = mod_filterd_session:host(Session),
    lists:foreach(fun({Pkt, Verdict}) ->
                          case mod_filterd:outcome(Pkt, Verdict, Host) of
                              {pass, Passed} -> apply(M, F, [Passed | Args]);
                              {bounce, Error} -> ejabberd_router:route_error(Pkt, Error);
                              drop -> ok
                          end,
                          atomics:sub(Count, 1, 1)
                  end, Decided),
    release(State#state{session = Session}).

release(#state{blocked = {From, Max}, count = Count} = State) ->
    case atomics:get(Count, 1) < Max of
        true ->
            gen_server:reply(From, ok),
            release(State#state{blocked = undefined});
        false ->
            {noreply, State}
    end;
release(#state{stream = undefined, session = Session} = State) ->
    case mod_filterd_session:is_idle(Session) of
        true -> {stop, normal, State};
        false -> {noreply, State}
    end;
release(State) ->
    {noreply, State}.
