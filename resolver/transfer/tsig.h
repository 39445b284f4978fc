// SPDX-License-Identifier: Apache-2.0
//
// Transaction signatures (RFC 8945): of a request, of its response, of a response in many messages.
//
// Threads:  a session belongs to one thread.
// Time:     an argument, seconds since 1970.
// Memory:   the MAC and what has not been signed yet.
// Failure:  TsigError, as it goes on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

enum class TsigError : std::uint16_t { None = 0, FormErr = 1, BadSig = 16, BadKey = 17, BadTime = 18 };

/// The TSIG record at the end of a message.
struct Tsig {
    std::size_t start = 0;  // of the record in the message
    wire::Name key;
    wire::Name algorithm;
    std::uint64_t time = 0;
    std::uint16_t fudge = 0;
    ByteView mac;
    std::uint16_t original_id = 0;
    std::uint16_t error = 0;
    ByteView other;
};
/// nullopt: there is none. `malformed` is set where one stands that is not the last record, or is broken.
[[nodiscard]] std::optional<Tsig> find_tsig(ByteView message, bool& malformed);

class TsigSession {
public:
    explicit TsigSession(const TsigKey& key) : key_(key) {}

    // The server's side.
    [[nodiscard]] TsigError verify_request(ByteView message, const Tsig& tsig, std::uint64_t now);
    /// Appends the record; each message of a long response.
    void sign_response(std::vector<std::uint8_t>& message, std::uint64_t now);

    // The client's side.
    void sign_request(std::vector<std::uint8_t>& message, std::uint64_t now);
    /// Of messages in their order; those between may be unsigned (RFC 8945 §5.3.1).
    [[nodiscard]] TsigError verify_response(ByteView message, std::uint64_t now);
    /// The last one was signed, so that all before it are vouched for.
    [[nodiscard]] bool complete() const noexcept { return first_done_ && unsigned_ == 0; }

private:
    enum class Kind : std::uint8_t { Request, FirstResponse, LaterResponse };
    [[nodiscard]] std::vector<std::uint8_t> mac_of(Kind kind, const Tsig& variables) const;
    void append(std::vector<std::uint8_t>& message, Kind kind, std::uint64_t now);
    [[nodiscard]] TsigError check(ByteView message, const Tsig& tsig, Kind kind, std::uint64_t now);

    static constexpr std::uint16_t kFudge = 300;
    static constexpr std::uint32_t kUnsignedMax = 99;

    TsigKey key_;
    std::vector<std::uint8_t> prior_mac_;
    std::vector<std::uint8_t> to_sign_;  // messages without their TSIG since the last MAC
    std::uint32_t unsigned_ = 0;
    bool first_done_ = false;
};

/// "hmac-sha256"
[[nodiscard]] std::optional<TsigAlgorithm> parse_tsig_algorithm(std::string_view text) noexcept;
[[nodiscard]] std::string_view tsig_algorithm_to_text(TsigAlgorithm algorithm) noexcept;

}  // namespace cenote::transfer
