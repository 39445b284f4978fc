// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/client_identity.h"

#include <algorithm>
#include <utility>

namespace cenote::server {
namespace {

constexpr std::chrono::years kConnectionMax{10};  // beyond it the end of a certificate ends no connection
constexpr milliseconds kAnswered{3000};           // each query is answered earlier

policy::CertificateName::Kind kind_of(loop::PeerCertificate::Kind kind) noexcept {
    switch (kind) {
        case loop::PeerCertificate::Kind::Dns: break;
        case loop::PeerCertificate::Kind::Email: return policy::CertificateName::Kind::Email;
        case loop::PeerCertificate::Kind::Uri: return policy::CertificateName::Kind::Uri;
    }
    return policy::CertificateName::Kind::Dns;
}

}  // namespace

void ClientIdentity::take(const loop::PeerCertificate& certificate, WallTime wall, Ticks now) {
    has_certificate_ = true;
    trust_ = certificate.trust;
    ends_ = now + std::min<seconds>(certificate.ends - wall, kConnectionMax);
    for (const auto& [kind, text] : certificate.names)
        if (auto name = policy::CertificateName::of_certificate(kind_of(kind), text))
            names_.push_back(*std::move(name));
}

ClientIdentity::Standing ClientIdentity::standing(Ticks now, std::uint64_t trust) noexcept {
    if (!has_certificate_ || (now < ends_ && trust == trust_)) return Standing::Holds;
    if (!ended_) ended_ = now;
    return now - *ended_ > kAnswered ? Standing::Overdue : Standing::Ended;
}

void ClientIdentity::forget_if_changed(const policy::Identities& identities) noexcept {
    if (std::exchange(generation_, identities.generation()) == identities.generation()) return;
    by_certificate_.reset();
    by_token_.reset();
}

policy::Identity ClientIdentity::find(const policy::Identities* identities) noexcept {
    if (names_.empty() || identities == nullptr) return policy::Identity::None;
    forget_if_changed(*identities);
    if (!by_certificate_) by_certificate_ = identities->identify(names_, nullptr);
    return *by_certificate_;
}

/// The token of the last request is that of the next one, mostly. Comparing the two says nothing to this client that it
/// has not said itself.
std::optional<policy::Identity> ClientIdentity::find(const policy::Identities* identities,
                                                     std::string_view token) noexcept {
    if (identities == nullptr || token.size() > token_.size()) return std::nullopt;
    forget_if_changed(*identities);
    if (by_token_ && std::string_view(token_.data(), token_size_) == token) return by_token_;
    const policy::TokenDigest digest = policy::digest_of_token(token);
    if (!identities->has_token(digest)) return std::nullopt;
    by_token_ = identities->identify(names_, &digest);
    token_size_ = token.size();
    std::ranges::copy(token, token_.begin());
    return by_token_;
}

}  // namespace cenote::server
