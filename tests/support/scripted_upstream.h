// SPDX-License-Identifier: Apache-2.0
//
// An upstream server that follows the script of a test: UDP and TCP on one loopback port, in a thread of its own.
//
// Threads:  the script runs on the upstream's thread; everything else may be called by the test.
// Failure:  what cannot be set up stops the test process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resolver/base/address.h"

namespace cenote::test {

using Bytes = std::vector<std::uint8_t>;

struct SeenQuery {
    Bytes bytes;
    bool tcp = false;
    std::uint16_t source_port = 0;
    std::uint32_t connection = 0;  // of TCP: which one, from 1
    std::string name;              // lower case, dots between labels
    std::uint16_t type = 0;
    std::uint32_t number = 0;  // among the queries for this name, from 0

    [[nodiscard]] std::uint16_t id() const;
    [[nodiscard]] bool has_edns() const;
};

struct Action {
    enum class Kind : std::uint8_t {
        Send,              // a datagram, or a message with its length in front
        SendRaw,           // TCP: just these bytes
        FromOtherPort,     // UDP
        FromOtherAddress,  // UDP
        HalfClose,         // TCP
        Close,             // TCP
        Reset,             // TCP
    };
    Kind kind = Kind::Send;
    Bytes bytes{};
    std::chrono::milliseconds after{0};  // since the query
};

using Script = std::function<std::vector<Action>(const SeenQuery&)>;

enum class Tcp : std::uint8_t { Served, Refused };

class ScriptedUpstream {
public:
    explicit ScriptedUpstream(Script script, Tcp tcp = Tcp::Served);
    ~ScriptedUpstream();
    ScriptedUpstream(const ScriptedUpstream&) = delete;
    ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

    [[nodiscard]] SocketAddress address() const;
    [[nodiscard]] std::vector<SeenQuery> queries() const;
    /// Without the forwarder's own probes, which ask for the root.
    [[nodiscard]] std::size_t count() const;
    /// Whether all that was asked for so far is sent.
    [[nodiscard]] bool idle() const;
    void play(Script script);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The question section of a query, as sent.
Bytes question_of(const Bytes& query);
/// A whole answer to `query`: its id and question, `flags`, and `answers` as they stand.
Bytes reply(const Bytes& query, std::uint16_t flags, const std::vector<Bytes>& answers);
/// A record owned by the question's name (a pointer to offset 12), TTL 300.
Bytes record(std::uint16_t type, const Bytes& rdata);
Bytes a_record(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
/// "www.example" in wire format.

/// The answer that a test takes for right: one A record, 192.0.2.1.
Bytes right_answer(const Bytes& query);
Bytes rcode_answer(const Bytes& query, std::uint8_t rcode);
Bytes truncated_answer(const Bytes& query);
Script answer_right();
Script stay_silent();

}  // namespace cenote::test
