// SPDX-License-Identifier: Apache-2.0
//
// A DNS-over-HTTPS server for tests that does what a script says, with a certificate of its own making, a thread for
// each connection.
//
// Threads:  the script runs on the server's threads, one call at a time; everything else may be called by the test.
// Failure:  what cannot be set up stops the test process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "resolver/base/address.h"
#include "tests/support/scripted_upstream.h"

namespace cenote::test {

/// A request that came whole.
struct HttpsQuery {
    std::uint32_t connection = 0;  // which one, from 1
    std::int32_t stream = 0;
    std::uint32_t number = 0;  // among all, from 0
    std::map<std::string, std::string> fields;
    Bytes body;
};

/// What is done with a request, in this order.
struct HttpsReply {
    enum class Kind : std::uint8_t { Answer, Silence, Reset, Close };

    Kind kind = Kind::Answer;
    int status = 200;
    std::vector<std::pair<std::string, std::string>> fields{{"content-type", "application/dns-message"}};
    Bytes body{};
    std::uint32_t error = 0;        // of Reset
    std::int32_t goaway_last = -1;  // before it: a GOAWAY with this last stream; -1: none
    Bytes raw{};                    // behind it: bytes that are sent as they stand
};

using HttpsScript = std::function<HttpsReply(const HttpsQuery&)>;

struct HttpsManner {
    std::string name = "dns.example";  // in the certificate
    bool expired = false;              // the certificate
    std::string protocol = "h2";       // that is agreed on; empty: none
    std::uint32_t streams_max = 100;   // SETTINGS_MAX_CONCURRENT_STREAMS
    HttpsScript script{};              // empty: the right answer
};

class HttpsUpstream {
public:
    explicit HttpsUpstream(HttpsManner manner);
    ~HttpsUpstream();
    HttpsUpstream(const HttpsUpstream&) = delete;
    HttpsUpstream& operator=(const HttpsUpstream&) = delete;

    [[nodiscard]] SocketAddress address() const;
    /// Its own certificate, to be trusted.
    [[nodiscard]] std::string ca_file() const;
    [[nodiscard]] std::uint32_t connections() const;  // whose handshake was finished
    [[nodiscard]] std::uint32_t resets() const;       // RST_STREAM of clients
    [[nodiscard]] std::vector<HttpsQuery> queries() const;

private:
    struct State;
    class Connection;
    std::unique_ptr<State> state_;
};

/// An answer with this body.
[[nodiscard]] HttpsReply https_answer(Bytes body);

}  // namespace cenote::test
