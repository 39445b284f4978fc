// SPDX-License-Identifier: Apache-2.0
//
// Transaction signatures (RFC 8945) of a query, and of its response in one or many messages.
//
// Threads:  a session belongs to one thread.
// Time:     an argument, seconds since 1970.
// Memory:   the last MAC, and the messages since.
// Failure:  TsigError, as it goes on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/transfer/message.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

/// RFC 8945 §3.
enum class TsigError : std::uint16_t { None = 0, FormErr = 1, BadSig = 16, BadKey = 17, BadTime = 18 };

/// The TSIG record at the end of a message.
struct Tsig {
    std::size_t start = 0;  // offset of the record in the message
    wire::Name key;
    wire::Name algorithm;
    std::uint64_t time = 0;
    std::uint16_t fudge = 0;
    ByteView mac;
    std::uint16_t original_id = 0;
    std::uint16_t error = 0;
    ByteView other;
};
/// nullopt: the message has none. `malformed`: it has one that is not its last record, or cannot be read.
[[nodiscard]] std::optional<Tsig> find_tsig(ByteView message, bool& malformed);
/// The message with the record at its end; `start` is ignored.
[[nodiscard]] Message append_tsig(Message message, const Tsig& tsig);

class TsigSession {
public:
    explicit TsigSession(const TsigKey& key) : key_(key) {}

    // Used by the server.
    [[nodiscard]] TsigError verify_request(ByteView message, const Tsig& tsig, std::uint64_t now);
    /// Appends the record to one message of the response; called for each.
    void sign_response(Message& message, std::uint64_t now);

    // Used by the client.
    void sign_request(Message& message, std::uint64_t now);
    /// Called for each message in order; those between the first and the last may be unsigned (RFC 8945 §5.3.1).
    [[nodiscard]] TsigError verify_response(ByteView message, std::uint64_t now);
    /// Whether the last message was signed, which covers all unsigned ones before it.
    [[nodiscard]] bool complete() const noexcept { return first_done_ && unsigned_ == 0; }

private:
    enum class Kind : std::uint8_t { Request, FirstResponse, LaterResponse };
    [[nodiscard]] Message mac_of(Kind kind, const Tsig& variables) const;
    void append(Message& message, Kind kind, std::uint64_t now);
    [[nodiscard]] TsigError check(ByteView message, const Tsig& tsig, Kind kind, std::uint64_t now);

    static constexpr std::uint16_t kFudge = 300;
    static constexpr std::uint32_t kUnsignedMax = 99;

    TsigKey key_;
    Message prior_mac_;
    Message to_sign_;  // messages since the last MAC, without their TSIG records
    std::uint32_t unsigned_ = 0;
    bool first_done_ = false;
};

/// "hmac-sha256"
[[nodiscard]] std::optional<TsigAlgorithm> parse_tsig_algorithm(std::string_view text) noexcept;
[[nodiscard]] std::string_view tsig_algorithm_to_text(TsigAlgorithm algorithm) noexcept;

}  // namespace cenote::transfer
