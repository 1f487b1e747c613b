%%% Of which domains the occupants of rooms are: what filterd must know before it judges what is sent there
%%% (ROOM in filterd/PROTOCOL.inspect).
%%%
%%% A room is watched from the first stanza on that somebody sends to it: its process is asked once, and from then on tells
%%% who comes and goes.  Subscribers (MUC/Sub) get all that is said, so they count as occupants.
%%%
%%% Somebody may come in between the question to filterd and the room's own turn at the stanza.  So each stanza carries the room's
%%% serial from before it was asked about, which is another whenever a domain was added.  Where it is another when the answer
%%% comes, the stanza is asked about anew; and the room's process, where nobody can come in between, passes on no other.
-module(mod_filterd_rooms).

%% the table, and what sessions and the channel ask of it
-export([new_table/0, forget/0, look/1, look_anew/1, is_outdated/1, looked/1, known/1, domains/1]).
%% hooks; they run in the process of the room
-export([hooks/0, join_room/4, leave_room/4, room_destroyed/3, muc_subscribed/6, muc_unsubscribed/6, muc_filter_message/3]).
-export_type([room/0]).

-include("xmpp.hrl").
-include("logger.hrl").
-include("translate.hrl").
-include("mod_muc_room.hrl").

%% Rows: {Room, Serial | pending, Version} for each room that is watched, and {{Name, Host, Domain, User, Resource}} for each occupant.
%% Version is another whenever the set of domains is another.
-define(ROWS_MAX, 1000000).
-define(DOMAINS_MAX, 256).
-define(ASK_MS, 1000).
-define(TIMES_MAX, 4).

-type room() :: {Name :: binary(), Host :: binary()}.
%% unknown: nothing can be said of its occupants, so everybody may be among them
-type look() :: none | {room(), Serial :: non_neg_integer() | unknown}.

-spec new_table() -> ok.
new_table() ->
    ets:new(?MODULE, [named_table, public, ordered_set, {read_concurrency, true}, {write_concurrency, true}]),
    ok.

%% Rooms of a host that comes or goes: nobody told of them in between.
forget() ->
    ets:delete_all_objects(?MODULE),
    ok.

hooks() ->
    [join_room, leave_room, room_destroyed, muc_subscribed, muc_unsubscribed, muc_filter_message].

%%% --- for sessions and the channel ----------------------------------------------------------------------------------

%% Before a stanza is asked about: the room of ours to which it goes, if it goes to one, and its serial are noted in it.
-spec look(stanza()) -> stanza().
look(Pkt) ->
    case xmpp:get_to(Pkt) of
        #jid{luser = Name, lserver = Host} when Name /= <<>> ->
            case is_rooms_host(Host) of
                true -> note(Pkt, {Name, Host}, 1);
                false -> Pkt
            end;
        _ ->
            Pkt
    end.

note(Pkt, Room, Time) ->
    xmpp:put_meta(Pkt, ?MODULE, {Room, serial(Room), Time}).

-spec looked(stanza()) -> look().
looked(Pkt) ->
    case xmpp:get_meta(Pkt, ?MODULE, none) of
        {Room, Serial, _} -> {Room, Serial};
        none -> none
    end.

%% Whether a domain was added to the room since.
-spec is_outdated(stanza()) -> boolean().
is_outdated(Pkt) ->
    case looked(Pkt) of
        {Room, Serial} when Serial /= unknown -> not serial_is(Room, Serial);
        _ -> false
    end.

-spec look_anew(stanza()) -> stanza() | none.
look_anew(Pkt) ->
    case xmpp:get_meta(Pkt, ?MODULE) of
        {Room, _, Time} when Time < ?TIMES_MAX -> note(Pkt, Room, Time + 1);
        _ -> none
    end.

%% Rooms are on hosts of their own; of those of a host without this module nothing would be told.
is_rooms_host(Host) ->
    not ejabberd_router:is_my_host(Host) andalso
        try
            Server = ejabberd_router:host_of_route(Host),
            gen_mod:is_loaded(Server, mod_muc) andalso mod_filterd_channel:pid(Server) /= undefined
                andalso lists:member(Host, gen_mod:get_module_opt_hosts(Server, mod_muc))
        catch
            _:_ -> false    % another server's
        end.

serial(Room) ->
    try ets:lookup(?MODULE, Room) of
        [{_, Serial, _}] when Serial /= pending -> Serial;
        _ -> watch(Room)
    catch
        error:badarg -> unknown     % the table goes with the channel's process
    end.

watch({Name, Host} = Room) ->
    [ets:delete_all_objects(?MODULE) || ets:info(?MODULE, size) >= ?ROWS_MAX],
    case mod_muc:find_online_room(Name, Host) of
        {ok, Pid} when node(Pid) == node() ->
            ets:insert_new(?MODULE, {Room, pending, 0}),     % from here on the room tells who comes
            case occupants(Pid) of
                error -> 0;         % a room too busy to say: no serial is that, it comes back
                Jids -> [enter(Room, Jid) || Jid <- Jids], changed(Room)
            end;
        {ok, _} ->
            unknown;        % it tells the connector of its own node of the cluster
        error ->
            ets:insert_new(?MODULE, {Room, pending, 0}),
            changed(Room)
    end.

occupants(Pid) ->
    try p1_fsm:sync_send_all_state_event(Pid, get_state, ?ASK_MS) of
        {ok, State} -> occupants_of(State)
    catch
        _:_ -> error
    end.

%% What the channel has to tell: another version, other domains.
-spec known(room()) -> unknown | pos_integer().
known(Room) ->
    case ets:lookup(?MODULE, Room) of
        [{_, Serial, Version}] when Serial /= pending -> Version;
        _ -> unknown
    end.

-spec domains(room()) -> [binary()] | too_many.
domains({Name, Host}) ->
    %% numbers come before binaries
    case next_domains(Name, Host, 0, ?DOMAINS_MAX) of
        Domains when length(Domains) > ?DOMAINS_MAX -> too_many;
        Domains -> Domains
    end.

next_domains(Name, Host, After, Left) ->
    case ets:next(?MODULE, {Name, Host, After, 0, 0}) of
        {Name, Host, Domain, _, _} when Left > 0 -> [Domain | next_domains(Name, Host, <<Domain/binary, 0>>, Left - 1)];
        {Name, Host, Domain, _, _} -> [Domain];
        _ -> []
    end.

%%% --- for rooms -----------------------------------------------------------------------------------------------------

join_room(_, Name, Host, Jid) ->
    watched({Name, Host}, fun(Room) -> enter(Room, jid:tolower(Jid)) end).

leave_room(_, Name, Host, Jid) ->
    watched({Name, Host}, fun(Room) -> leave(Room, jid:tolower(Jid)) end).

muc_subscribed(Acc, _, Name, Host, Jid, _) ->
    watched({Name, Host}, fun(Room) -> enter(Room, subscriber(jid:tolower(Jid))) end),
    Acc.

muc_unsubscribed(Acc, _, Name, Host, Jid, _) ->
    watched({Name, Host}, fun(Room) -> leave(Room, subscriber(jid:tolower(Jid))) end),
    Acc.

room_destroyed(_, Name, Host) ->
    watched({Name, Host}, fun(Room) ->
                                  ets:delete(?MODULE, Room),
                                  ets:match_delete(?MODULE, {{Name, Host, '_', '_', '_'}})
                          end).

watched(Room, Do) ->
    try ets:member(?MODULE, Room) of
        true -> Do(Room), ok;
        false -> ok
    catch
        error:badarg -> ok
    end.

%% The room's turn at a message.
muc_filter_message(drop, _, _) ->
    drop;
muc_filter_message(Pkt, #state{room = Name, host = Host} = State, _Nick) ->
    case looked(Pkt) of
        {{Name, Host} = Room, Serial} when Serial /= unknown ->
            case is_as_asked(Room, Serial, State) of
                true -> Pkt;
                false -> back(Pkt)
            end;
        _ ->
            Pkt     % without content; or judged as sent to everybody; or passed without a verdict, as on_failure says
    end.

is_as_asked(Room, Serial, State) ->
    try
        correct(Room, State),
        serial_is(Room, Serial)
    catch
        Class:Why:Stack ->
            ?ERROR_MSG("Message returned: ~ts", [misc:format_exception(2, Class, Why, Stack)]),
            false
    end.

serial_is(Room, Serial) ->
    try ets:lookup(?MODULE, Room) of
        [{_, Serial, _}] -> true;
        _ -> false
    catch
        error:badarg -> false
    end.

%% The room itself knows best; should what was told of it be wrong, this is where it ends.
correct(Room, State) ->
    Jids = occupants_of(State),
    Domains = lists:usort([Domain || {_, Domain, _} <- Jids]),
    case domains(Room) of
        Domains ->
            ok;
        too_many ->
            ok;
        Told ->
            [enter(Room, Jid) || {_, Domain, _} = Jid <- Jids, not lists:member(Domain, Told)],
            {Name, Host} = Room,
            [ets:match_delete(?MODULE, {{Name, Host, Domain, '_', '_'}}) || Domain <- Told -- Domains],
            [change(Room, [{3, number()}]) || Told -- Domains /= []]
    end.

back(Pkt) ->
    Text = ?T("Somebody has just come in. Not delivered; please try again."),
    Error = xmpp:err_resource_constraint(Text, xmpp:get_lang(Pkt)),
    ejabberd_router:route_error(Pkt, Error#stanza_error{type = wait}),
    drop.

%%% --- rows ----------------------------------------------------------------------------------------------------------

%% The occupant is there before the numbers say so: who reads the new numbers finds it.
enter({Name, Host} = Room, {User, Domain, Resource}) ->
    IsNew = not has_domain(Room, Domain),
    ets:insert(?MODULE, {{Name, Host, Domain, User, Resource}}),
    [added(Room) || IsNew],
    ok.

leave({Name, Host} = Room, {User, Domain, Resource}) ->
    ets:delete(?MODULE, {Name, Host, Domain, User, Resource}),
    [change(Room, [{3, number()}]) || not has_domain(Room, Domain)],
    ok.

has_domain({Name, Host}, Domain) ->
    case ets:next(?MODULE, {Name, Host, Domain, 0, 0}) of
        {Name, Host, Domain, _, _} -> true;
        _ -> false
    end.

%% While its process is asked, it stays pending: nobody may take what is there for all.
added(Room) ->
    case ets:lookup(?MODULE, Room) of
        [{_, pending, _}] -> ok;
        _ -> changed(Room)
    end.

changed(Room) ->
    Number = number(),
    change(Room, [{2, Number}, {3, Number}]),
    Number.

change(Room, Fields) ->
    ets:update_element(?MODULE, Room, Fields).

number() ->
    erlang:unique_integer([positive, monotonic]).

occupants_of(#state{users = Users, muc_subscribers = #muc_subscribers{subscribers = Subscribers}}) ->
    maps:keys(Users) ++ [subscriber(Jid) || Jid <- maps:keys(Subscribers)].

%% beside the same person's clients
subscriber({User, Domain, _}) -> {User, Domain, subscriber}.
