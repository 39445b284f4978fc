// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/http_server.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "resolver/base/letter_case.h"
#include "resolver/base/log.h"
#include "resolver/web/listening.h"
#include "resolver/web/stream_body.h"

namespace cenote::web {
namespace {

constexpr std::size_t kStreamBlock = 16384;
constexpr std::size_t kFileMax = std::size_t{1} << 20;
constexpr const char* kTlsVersions = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
constexpr std::array<std::string_view, 15> kHeadersKept{
    "host",        "cookie", "accept-language", "if-none-match", "origin",  "sec-fetch-dest", "sec-fetch-site",
    "sec-purpose", "x-moz",  "x-forwarded-for", "forwarded",     "purpose", "content-length", "transfer-encoding",
    "expect"};

/// A request and its reply, until that is out.
struct Exchange {
    std::string target;
    Arrival arrival;
    bool has_begun = false;
    std::size_t body_bytes = 0;
    std::optional<pages::Reply> reply;  // set while the connection waits
    std::shared_ptr<StreamBody> body;   // of a reply with a rest; null: the reply has all of its body
    std::shared_ptr<Visit> visit;
};

/// A connection, from its begin to its end.
struct Link {
    int fd = -1;
    Origin origin;
    std::shared_ptr<Exchange> exchange;
};

int fd_of(MHD_Connection* connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

Link& link_of(MHD_Connection* connection) {
    return *static_cast<Link*>(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
}

struct Collected {
    Arrival& arrival;
    const std::string& user_header;
    std::size_t bytes = 0;
};

MHD_Result collect(void* into, MHD_ValueKind, const char* name, const char* value) {
    Collected& collected = *static_cast<Collected*>(into);
    const std::string key = fold_case(std::string_view(name));
    const std::string_view text = value == nullptr ? std::string_view{} : std::string_view(value);
    collected.bytes += key.size() + text.size() + 4;
    if (collected.bytes > kHeaderBytesMax) {
        collected.arrival.headers_too_large = true;
        return MHD_NO;
    }
    const bool names_user = !collected.user_header.empty() && key == collected.user_header;
    if (!names_user && std::ranges::find(kHeadersKept, key) == kHeadersKept.end()) return MHD_YES;
    const bool is_first = collected.arrival.headers.try_emplace(key, text).second;
    if (!is_first && (names_user || key == "host" || key == "content-length"))
        collected.arrival.repeats_a_header = true;
    return MHD_YES;
}

Arrival arrival_of(MHD_Connection* connection, const Link& link, const char* method, const std::string& user_header) {
    Arrival arrival;
    arrival.method = method;
    arrival.target = link.exchange->target;
    arrival.origin = link.origin;
    Collected collected{arrival, user_header};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &collect, &collected);
    const auto length = arrival.header("content-length");
    const bool is_encoded = !arrival.header("transfer-encoding").empty();
    arrival.has_body = (!length.empty() && length != "0") || is_encoded;
    if (!length.empty() && is_encoded) arrival.repeats_a_header = true;  // two lengths: RFC 9112 §6.1
    return arrival;
}

void free_body(void* body) { delete static_cast<std::string*>(body); }

MHD_Response* response_of(std::string bytes) {
    auto body = std::make_unique<std::string>(std::move(bytes));
    MHD_Response* response =
        MHD_create_response_from_buffer_with_free_callback_cls(body->size(), body->data(), &free_body, body.get());
    if (response != nullptr) static_cast<void>(body.release());  // free_body() has it
    return response;
}

MHD_Result send(MHD_Connection* connection, MHD_Response* response, const pages::Reply& reply) {
    if (response == nullptr) return MHD_NO;
    if (reply.status != 304) MHD_add_response_header(response, "Content-Type", reply.type.c_str());
    for (const auto& [name, value] : reply.headers)  // one with the end of a line in it is refused
        MHD_add_response_header(response, name.c_str(), value.c_str());
    const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
    MHD_destroy_response(response);
    return queued;
}

struct StreamEnd {
    std::shared_ptr<StreamBody> body;
    MHD_Connection* connection;
};

ssize_t take_from_stream(void* end, std::uint64_t, char* into, std::size_t room) {
    auto& stream = *static_cast<StreamEnd*>(end);
    const auto taken =
        stream.body->take(std::span(into, room), [&stream] { MHD_suspend_connection(stream.connection); });
    return taken.is_end ? MHD_CONTENT_READER_END_OF_STREAM : static_cast<ssize_t>(taken.size);
}

void free_stream(void* end) {
    const std::unique_ptr<StreamEnd> stream(static_cast<StreamEnd*>(end));
    stream->body->leave();
}

MHD_Response* response_of(std::shared_ptr<StreamBody> body, MHD_Connection* connection) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kStreamBlock, &take_from_stream,
                                             new StreamEnd{std::move(body), connection}, &free_stream);
}

}  // namespace

struct HttpServer::Listener {
    HttpServer& server;
    bool tls = false;
    std::string socket_path{};  // empty: an address
    MHD_Daemon* daemon = nullptr;
};

struct Callbacks {
    using Listener = HttpServer::Listener;

    static void on_connection(void* of, MHD_Connection* connection, void** context,
                              MHD_ConnectionNotificationCode code) {
        const Listener& listener = *static_cast<Listener*>(of);
        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
            const int fd = fd_of(connection);
            *context = new Link{fd, origin_of(fd, listener.tls), nullptr};
            listener.server.times_.await_request(fd, ticks_now());
        } else {
            const std::unique_ptr<Link> link(static_cast<Link*>(std::exchange(*context, nullptr)));
            if (link != nullptr) listener.server.times_.remove(link->fd);  // before it is closed
        }
    }

    static void* on_target(void*, const char* target, MHD_Connection* connection) {
        Link& link = link_of(connection);
        link.exchange = std::make_shared<Exchange>();
        link.exchange->target.assign(target, ::strnlen(target, kTargetBytesMax + 1));
        return link.exchange.get();
    }

    static void on_completed(void* of, MHD_Connection* connection, void**, MHD_RequestTerminationCode) {
        Link& link = link_of(connection);
        link.exchange.reset();
        static_cast<Listener*>(of)->server.times_.await_request(link.fd, ticks_now());
    }

    static MHD_Result on_request(void* of, MHD_Connection* connection, const char*, const char* method, const char*,
                                 const char*, std::size_t* upload, void**) {
        HttpServer& server = static_cast<Listener*>(of)->server;
        Link& link = link_of(connection);
        if (link.exchange == nullptr) return MHD_NO;
        Exchange& exchange = *link.exchange;
        if (!exchange.has_begun) return begin(server, connection, link, method);
        if (*upload > 0) {
            exchange.body_bytes += *upload;
            *upload = 0;
            return exchange.body_bytes > HttpServer::kBodyBytesMax ? MHD_NO : MHD_YES;
        }
        if (exchange.reply) return reply(server, connection, link, std::move(*exchange.reply));
        return hand_over(server, connection, link);
    }

    static MHD_Result begin(HttpServer& server, MHD_Connection* connection, Link& link, const char* method) {
        Exchange& exchange = *link.exchange;
        exchange.has_begun = true;
        exchange.arrival = arrival_of(connection, link, method, server.front_.settings().user_header);
        server.times_.await_reader(link.fd, ticks_now());
        if (auto at_once = server.front_.answer_at_once(exchange.arrival))
            return reply(server, connection, link, Front::finished(std::move(*at_once)));
        return MHD_YES;
    }

    /// The reply is made on another thread. The connection waits before that can begin, so that it is never resumed
    /// first.
    static MHD_Result hand_over(HttpServer& server, MHD_Connection* connection, const Link& link) {
        MHD_suspend_connection(connection);
        const auto make = [&server, connection, exchange = link.exchange] {
            Answer answer = server.front_.answer(exchange->arrival);
            if (exchange->arrival.method == "HEAD") answer.reply = pages::whole(std::move(answer.reply));
            const auto rest = std::exchange(answer.reply.rest, nullptr);
            exchange->visit = std::move(answer.visit);
            exchange->reply = Front::finished(std::move(answer.reply));
            if (!rest) {
                MHD_resume_connection(connection);
                return;
            }
            const auto body = std::make_shared<StreamBody>([connection] { MHD_resume_connection(connection); });
            body->write(exchange->reply->body);
            exchange->body = body;
            MHD_resume_connection(connection);  // from here on the exchange belongs to the HTTP thread
            body->end(rest());
        };
        if (server.pages_->add(make)) return MHD_YES;
        link.exchange->reply = Front::finished(Front::too_busy(link.exchange->arrival));
        MHD_resume_connection(connection);
        return MHD_YES;
    }

    static MHD_Result reply(HttpServer& server, MHD_Connection* connection, const Link& link, pages::Reply reply) {
        if (link.exchange->body != nullptr)
            return send(connection, response_of(link.exchange->body, connection), reply);
        if (!reply.stream || link.exchange->arrival.method == "HEAD")
            return send(connection, response_of(std::move(reply.body)), reply);
        auto body = std::make_shared<StreamBody>([connection] { MHD_resume_connection(connection); });
        const auto make = [body, visit = link.exchange->visit, stream = std::move(reply.stream)] {
            try {
                stream(*body);
            } catch (const std::exception& mistake) {  // of our own: one stream is lost, not the process
                log::error("a stream could not be made: {}", mistake.what());
            }
            body->end();
        };
        if (!server.begin(body, link.exchange->visit->user.name, make)) {
            reply = Front::finished(Front::too_busy(link.exchange->arrival));
            return send(connection, response_of(std::move(reply.body)), reply);
        }
        server.times_.await_nothing(link.fd);
        return send(connection, response_of(std::move(body), connection), reply);
    }
};

HttpServer::HttpServer(Front& front)
    : front_(front),
      streams_(std::make_unique<WorkQueue>(kStreams, 0)),
      pages_(std::make_unique<WorkQueue>(kThreads, kWaitingMax)),
      sweeper_([this] {
          const MutexLock lock(mutex_);
          while (!stopping_) {
              stop_.wait_for(mutex_, seconds(1));
              times_.end_late(ticks_now());
              std::erase_if(under_way_, [](const Stream& stream) { return stream.body.expired(); });
          }
      }) {}

HttpServer::~HttpServer() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        for (const Stream& each : under_way_)
            if (const auto body = each.body.lock()) body->leave();
    }
    stop_.notify_all();
    sweeper_.join();
    // What waits gets its reply, so that no connection waits any more when its listener ends.
    pages_->stop();
    streams_->stop();
    for (const auto& listener : listeners_) {
        if (listener->daemon != nullptr) MHD_stop_daemon(listener->daemon);
        if (!listener->socket_path.empty()) ::unlink(listener->socket_path.c_str());
    }
}

bool HttpServer::begin(const std::shared_ptr<StreamBody>& body, const std::string& user, std::function<void()> make) {
    const MutexLock lock(mutex_);
    if (stopping_) return false;  // nothing would end it
    const auto own = std::ranges::count_if(
        under_way_, [&user](const Stream& each) { return each.user == user && !each.body.expired(); });
    if (own >= static_cast<std::ptrdiff_t>(kStreamsOfUser) || !streams_->add(std::move(make))) return false;
    under_way_.push_back({body, user});
    return true;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Front& front) {
    const Settings& settings = front.settings();
    std::string certificate;
    std::string key;
    if (std::ranges::any_of(settings.listen, &Listen::tls)) {
        for (const auto& [path, into] : {std::pair(settings.certificate, &certificate), {settings.key, &key}}) {
            auto text = read_file(path, kFileMax);
            if (!text)
                return Error{fmt::format("{}; the user of cenote-web must be able to read it", text.error().text)};
            *into = std::move(*text);
        }
    }
    std::unique_ptr<HttpServer> server(new HttpServer(front));
    for (const Listen& listen : settings.listen)
        if (auto opened = server->open(listen, certificate, key); !opened) return std::move(opened).error();
    return server;
}

Status HttpServer::open(const Listen& listen, const std::string& certificate, const std::string& key) {
    auto listening = listen_at(listen);
    if (!listening) return std::move(listening).error();
    auto listener = std::make_unique<Listener>(Listener{.server = *this, .tls = listen.tls});
    if (!listen.is_address) listener->socket_path = listen.at.substr(listen.at.find(':') + 1);
    std::vector<MHD_OptionItem> options{{MHD_OPTION_LISTEN_SOCKET, listening->fd.get(), nullptr},
                                        {MHD_OPTION_CONNECTION_LIMIT, kConnectionsMax, nullptr},
                                        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, kConnectionsOfAddressMax, nullptr},
                                        {MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, nullptr},
                                        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes, nullptr}};
    if (listen.tls) {
        options.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(certificate.c_str())});
        options.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(key.c_str())});
        options.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kTlsVersions)});
    }
    options.push_back({MHD_OPTION_END, 0, nullptr});
    const unsigned flags = static_cast<unsigned>(MHD_USE_EPOLL_INTERNAL_THREAD) |
                           static_cast<unsigned>(MHD_ALLOW_SUSPEND_RESUME) |
                           (listen.tls ? static_cast<unsigned>(MHD_USE_TLS) : 0U);
    listener->daemon = MHD_start_daemon(flags, 0, nullptr, nullptr, &Callbacks::on_request, listener.get(),
                                        MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::on_connection, listener.get(),
                                        MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::on_completed, listener.get(),
                                        MHD_OPTION_URI_LOG_CALLBACK, &Callbacks::on_target, listener.get(),
                                        MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
    if (listener->daemon == nullptr)
        return Error{fmt::format("cannot serve the page on {}{}", listening->at,
                                 listen.tls ? ": check that certificate and key belong together, in PEM" : "")};
    static_cast<void>(listening->fd.release());  // stopped with the daemon
    listens_.push_back(listening->at);
    listeners_.push_back(std::move(listener));
    return Done{};
}

}  // namespace cenote::web
