// SPDX-License-Identifier: Apache-2.0
//
// The control socket: the daemon's side and the tool's side. Control plane.
//
// The user of a connection is the one in the socket's peer credentials (unix(7), SO_PEERCRED), whatever the request
// contains. A user without any right gets an error and the connection is closed; the others share the connections by
// the limits of Options, so that no user can keep root or an admin out.
//
// Threads:  a ControlServer belongs to its loop's thread; a ControlClient belongs to one thread, which it blocks.
// Memory:   Options::clients_max connections of at most kLineMax bytes each way.
// Failure:  Result with one clear line: no daemon, no permission, a protocol of another version.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "resolver/control/options.h"
#include "resolver/control/protocol.h"
#include "resolver/loop/loop.h"

namespace cenote::control {

/// Web: the server of the web page, which may ask in the name of users who are signed in, and little else.
enum class Right : std::uint8_t { None, Web, Publish, Read, Approve, Admin };

/// The user that cenote-web runs as. Whatever groups it is in, it has Right::Web.
inline constexpr std::string_view kWebUser = "cenote-web";

struct Peer {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;
    std::string actor;  // user name: that of the login uid, where the process is proved to be the peer, else of uid
    Right right = Right::None;
    bool may_approve = false;
    bool may_inspect = false;  // what shows clients and single queries
    bool serves_web = false;   // may ask in the name of a user who is signed in to the web page
};

/// Whether the reader of a pipe, a socket or a terminal has closed it.
[[nodiscard]] bool is_read_by_nobody(int output);

/// Peer::actor, as a daemon would name this process.
[[nodiscard]] std::string own_actor();

/// The way of replies to one request back to its client. It may be called several times (more = true but for the last),
/// then or later. A copy leads to the same client; replies to one that has left go nowhere.
class Reply {
public:
    /// A client as its replies see it.
    class Client {
    public:
        virtual ~Client() = default;
        virtual void send_reply(const Response& response) = 0;
        virtual void pace(std::function<void()> on_change) = 0;
        [[nodiscard]] virtual const Peer* present() const noexcept = 0;  // null: it has left
        [[nodiscard]] virtual std::size_t unread() const noexcept = 0;
    };

    Reply() = default;
    explicit Reply(std::weak_ptr<Client> client) : client_(std::move(client)) {}
    void operator()(const Response& response) const;
    explicit operator bool() const noexcept { return !client_.expired(); }
    /// The same way, for a request in the name of another user: peer() is what `user` gives.
    [[nodiscard]] Reply in_the_name_of(std::function<Peer()> user) const;

    /// For a stream without a known end: from now on its replies wait for the client without a limit of time, and the
    /// caller sends more only when little is unread. `on_change` is called when the client has read all that was sent,
    /// when its rights were looked up anew, and when it has left; it must not reply itself.
    void pace(std::function<void()> on_change) const;
    /// The user with its present rights; nullopt: the client has left.
    [[nodiscard]] std::optional<Peer> peer() const;
    /// Bytes that wait for the client to read, beside those in the buffers of the kernel.
    [[nodiscard]] std::size_t unread() const;

private:
    std::weak_ptr<Client> client_;
    std::function<Peer()> user_;  // null: the client's own
};

class ControlServer {
public:
    using Reply = control::Reply;
    /// Called for each request on the loop's thread.
    using Handler = std::function<void(const Peer& peer, const Request& request, Reply reply)>;

    /// Makes the socket (mode 0666: rights are checked by credentials), in the place of one without a listener.
    static Result<std::unique_ptr<ControlServer>> start(loop::Loop& loop, const Options& options, Handler handler);
    virtual ~ControlServer() = default;
    /// Takes other groups and limits; the socket stays. A client that has lost its right gets the reply to the request
    /// under way and no other.
    virtual void apply(const Options& options) = 0;
    /// Connections that were refused at a limit of their number, since the start.
    [[nodiscard]] virtual std::uint64_t refused() const noexcept = 0;
};

/// How long a ControlClient waits for the daemon.
struct Patience {
    milliseconds first{60000};  // to connect, to send a request, and until its first reply
    milliseconds next{0};       // until each further reply; 0: no limit

    friend bool operator==(const Patience&, const Patience&) = default;
};

class ControlClient {
public:
    /// Null where no daemon listens at `socket`; an Error where one cannot be reached.
    static Result<std::unique_ptr<ControlClient>> connect_if_there(const Path& socket, Patience patience = {});
    /// The same, but where no daemon listens it is an Error, too.
    static Result<std::unique_ptr<ControlClient>> connect(const Path& socket, Patience patience = {});
    virtual ~ControlClient() = default;
    /// Sends the request and blocks until the last reply; `on_more` gets the replies before it.
    virtual Result<Response> call(const Request& request, const std::function<void(const Response&)>& on_more) = 0;
    /// A stream without a known end, until its last reply or until `on_more` gives false, after which the connection
    /// is of no use. `on_more` gets the replies before the last one, and null once a second while none comes. A last
    /// reply that is not ok is an Error.
    virtual Status follow(const Request& request, const std::function<bool(const Response*)>& on_more) = 0;
    /// Has call() end with an Error, also while no reply comes, as soon as the reader of `output` has closed it.
    virtual void write_to(int output) = 0;
};

}  // namespace cenote::control
