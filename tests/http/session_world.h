// SPDX-License-Identifier: Apache-2.0
//
// A ServerSession, what it delivers, and a client that is fed with what it sends.
//
// Threads:  one.
// Memory:   values.
// Failure:  a session that cannot be made fails the test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/http/server_session.h"
#include "tests/http/frames.h"

namespace cenote::http::testing {

struct Delivered {
    std::uint32_t stream = 0;
    Method method = Method::Other;
    Fault fault = Fault::None;
    std::string target;
    std::string content_type;
    bool acceptable = true;
    Bytes body;
};

class SessionWorld : public RequestSink {
public:
    virtual ~SessionWorld() = default;
    void start(Version version = Version::Http2) {
        session = ServerSession::create(version, limits, pool, *this, now, "text/x");
        ASSERT_NE(session, nullptr);
    }
    /// A session that has begun.
    void begin() {
        start();
        feed(preface());
    }
    void feed(const Bytes& bytes) { session->feed(bytes, now); }
    /// Gives the client what is to be sent.
    void send() {
        Bytes some(1000);
        while (const std::size_t size = session->fill(some))
            client.take({some.begin(), some.begin() + static_cast<std::ptrdiff_t>(size)});
    }
    void on_request(const Request& request) noexcept override {
        delivered.push_back({.stream = request.stream,
                             .method = request.method,
                             .fault = request.fault,
                             .target = std::string(request.target),
                             .content_type = std::string(request.content_type),
                             .acceptable = request.acceptable,
                             .body = {request.body.begin(), request.body.end()}});
        if (answers_at_once)
            session->respond(request.stream, {.status = 200, .content_type = "text/x", .allow = {}, .body = answer},
                             now);
    }
    [[nodiscard]] std::string status_of(std::uint32_t stream) { return client.responses[stream].fields[":status"]; }

    Limits limits;
    StreamPool pool{1000};
    Ticks now{seconds{1000}};
    std::vector<Delivered> delivered;
    bool answers_at_once = true;
    Bytes answer = of_text("an answer");
    ServerReader client;
    std::unique_ptr<ServerSession> session;
};

}  // namespace cenote::http::testing
