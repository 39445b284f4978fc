// SPDX-License-Identifier: Apache-2.0
//
// What the client of a connection has proved: a certificate in the handshake, a token in the path of a request. The
// identity that it has by them is found once, and again when the identities of the policy change.
//
// Threads:  one worker.
// Time:     an argument.
// Memory:   the names of the certificate, and the token of the last request with one.
// Failure:  policy::Identity::None.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/loop/stream.h"
#include "resolver/policy/identities.h"

namespace cenote::server {

class ClientIdentity {
public:
    /// A valid certificate, of a transport whose handshake is over.
    void take(const loop::PeerCertificate& certificate, WallTime wall, Ticks now);

    /// The identity by the certificate alone. `identities`: of the policy in force; nullptr: there is none.
    [[nodiscard]] policy::Identity find(const policy::Identities* identities) noexcept;
    /// The identity by the certificate and this token; nullopt: no group has the token.
    [[nodiscard]] std::optional<policy::Identity> find(const policy::Identities* identities,
                                                       std::string_view token) noexcept;
    /// Whether the certificate still counts. Ended: its time is over, or it was checked by other authorities or lists
    /// than the present ones, whose number is `trust`. Overdue: it ended so long ago that no query of before waits.
    enum class Standing : std::uint8_t { Holds, Ended, Overdue };
    [[nodiscard]] Standing standing(Ticks now, std::uint64_t trust) noexcept;

private:
    void forget_if_changed(const policy::Identities& identities) noexcept;

    std::vector<policy::CertificateName> names_;
    bool has_certificate_ = false;
    Ticks ends_{};
    std::uint64_t trust_ = 0;
    std::optional<Ticks> ended_;    // when that was noticed
    std::uint64_t generation_ = 0;  // of the identities by which these two were found
    std::optional<policy::Identity> by_certificate_;
    std::optional<policy::Identity> by_token_;  // and the certificate
    std::size_t token_size_ = 0;
    std::array<char, policy::kTokenLengthMax> token_{};
};

}  // namespace cenote::server
