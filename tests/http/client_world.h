// SPDX-License-Identifier: Apache-2.0
//
// A ClientSession, what it delivers, and a server that is fed with what it sends.
//
// Threads:  one.
// Memory:   values.
// Failure:  a session that cannot be made fails the test.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "resolver/http/client_session.h"
#include "tests/http/frames.h"

namespace cenote::http::testing {

inline Bytes settings(std::uint16_t id, std::uint32_t value) {
    Bytes payload(2);
    store_u16(payload.data(), id);
    return frame(kSettings, kNoFlag, 0, payload + u32(value));
}

inline Bytes goaway(std::uint32_t last, std::uint32_t error = 0) {
    return frame(kGoaway, kNoFlag, 0, u32(last) + u32(error));
}

inline Bytes reset(std::uint32_t stream, std::uint32_t error) { return frame(kReset, kNoFlag, stream, u32(error)); }

inline Bytes head(std::uint32_t stream, const std::string& status, const Fields& more = {{"content-type", "a/b"}},
                  std::uint8_t flags = kEndHeaders) {
    Fields fields{{":status", status}};
    fields.insert(fields.end(), more.begin(), more.end());
    return frame(kHeaders, flags, stream, block(fields));
}

inline Bytes data(std::uint32_t stream, const Bytes& bytes, std::uint8_t flags = kEndStream) {
    return frame(kData, flags, stream, bytes);
}

inline Bytes response(std::uint32_t stream, const std::string& body) {
    return head(stream, "200") + data(stream, of_text(body));
}

struct Result {
    bool lost = false;
    Loss why = Loss::Reset;
    unsigned status = 0;
    std::string content_type;
    std::uint32_t age_s = 0;
    Bytes body;
    std::string request;
};

class ClientWorld : public ResponseSink {
public:
    virtual ~ClientWorld() = default;
    void start() {
        session = ClientSession::create({"dns.example:8443", "/dns-query", "a/b"}, limits, *this, now);
        ASSERT_NE(session, nullptr);
    }
    /// A session whose server has sent its settings.
    void begin() {
        start();
        feed(frame(kSettings, kNoFlag, 0, {}));
        send();
    }
    std::uint32_t post(const std::string& text = "a request") { return session->post(bytes_of(text)); }
    void feed(const Bytes& bytes) { session->feed(bytes, now); }
    /// Gives the server what is to be sent, and takes what that leads to.
    void send() {
        Bytes some(1000);
        while (const std::size_t size = session->fill(some)) {
            Bytes sent(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(size));
            const std::size_t of_preface = std::min(kPreface.size() - preface.size(), sent.size());
            preface.append(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(of_preface));
            server.take({sent.begin() + static_cast<std::ptrdiff_t>(of_preface), sent.end()});
        }
        session->deliver();  // sending closes streams too
    }
    void on_response(std::uint32_t stream, const Received& received) noexcept override {
        results[stream].push_back({.status = received.status,
                                   .content_type = std::string(received.content_type),
                                   .age_s = received.age_s,
                                   .body = {received.body.begin(), received.body.end()},
                                   .request = {received.request.begin(), received.request.end()}});
        if (on_result) on_result(stream);
    }
    void on_lost(std::uint32_t stream, Loss why) noexcept override {
        results[stream].push_back({.lost = true, .why = why, .content_type = {}, .body = {}, .request = {}});
        if (on_result) on_result(stream);
    }
    /// The only result of a stream.
    [[nodiscard]] Result result(std::uint32_t stream) {
        EXPECT_EQ(results[stream].size(), 1U) << "stream " << stream;
        return results[stream].empty() ? Result{} : results[stream].front();
    }

    static constexpr std::string_view kPreface{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};
    Limits limits{.streams_max = 64};
    Ticks now{seconds{1000}};
    std::map<std::uint32_t, std::vector<Result>> results;
    std::function<void(std::uint32_t stream)> on_result;
    std::string preface;
    ServerReader server;  // reads what the client has sent behind the preface
    std::unique_ptr<ClientSession> session;
};

}  // namespace cenote::http::testing
