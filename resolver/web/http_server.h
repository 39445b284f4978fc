// SPDX-License-Identifier: Apache-2.0
//
// libmicrohttpd (its only place) before a Front: one HTTP thread a listening socket, which reads requests and sends
// replies; pages are made on kThreads threads, streams on kStreams others, while their connections wait.
//
// Threads:  start() and stop() by one thread; the rest on its own ones.
// Time:     reads the monotonic clock.
// Memory:   kConnectionsMax connections a listening socket, of kConnectionBytes each and a reply.
// Failure:  start() gives an Error; a request beyond a limit gets a reply that says so, a connection none.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/web/connection_times.h"
#include "resolver/web/front.h"
#include "resolver/web/stream_body.h"
#include "resolver/web/work_queue.h"

namespace cenote::web {

class HttpServer {
public:
    static constexpr std::size_t kThreads = 4;
    static constexpr std::size_t kWaitingMax = 64;
    static constexpr std::size_t kStreams = 8;
    static constexpr std::size_t kStreamsOfUser = 4;
    static constexpr unsigned kConnectionsMax = 1024;
    static constexpr unsigned kConnectionsOfAddressMax = 640;  // a proxy, or a tunnel, is one address
    static constexpr unsigned kIdleSeconds = 15;
    static constexpr std::size_t kConnectionBytes = 32768;
    static constexpr std::size_t kBodyBytesMax = 1024;  // which is read and thrown away

    /// Listens where the settings of `front` say.
    static Result<std::unique_ptr<HttpServer>> start(Front& front);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Where it listens, with the ports that the kernel has chosen.
    [[nodiscard]] const std::vector<std::string>& listens() const noexcept { return listens_; }

private:
    struct Listener;
    friend struct Callbacks;
    struct Stream {
        std::weak_ptr<StreamBody> body;
        std::string user;
    };

    explicit HttpServer(Front& front);
    Status open(const Listen& listen, const std::string& certificate, const std::string& key);
    /// Has a thread make the stream; false: too many are under way, or this server ends.
    [[nodiscard]] bool begin(const std::shared_ptr<StreamBody>& body, const std::string& user,
                             std::function<void()> make);

    Front& front_;
    ConnectionTimes times_;
    std::vector<std::string> listens_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unique_ptr<WorkQueue> streams_;
    std::unique_ptr<WorkQueue> pages_;
    Mutex mutex_;
    std::condition_variable_any stop_;
    bool stopping_ CENOTE_GUARDED_BY(mutex_) = false;
    std::vector<Stream> under_way_ CENOTE_GUARDED_BY(mutex_);
    std::thread sweeper_;  // ends late connections; uses all parts above
};

}  // namespace cenote::web
