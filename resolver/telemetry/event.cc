// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/event.h"

#include <algorithm>
#include <array>

namespace cenote::telemetry {
namespace {

constexpr std::array<std::string_view, 3> kIdentities{"none", "pseudonym", "address"};

}  // namespace

std::string_view verdict_to_text(QueryVerdict verdict) noexcept {
    static constexpr std::array<std::string_view, 8> kTexts{"forward", "observe", "advise",    "restrict",
                                                            "block",   "allow",   "exception", "local"};
    return kTexts[static_cast<std::size_t>(verdict)];
}

std::string_view source_to_text(Source source) noexcept {
    switch (source) {
        case Source::Sinkhole: return "sinkhole";
        case Source::Local: return "local";
        case Source::Cache: return "cache";
        case Source::Stale: return "stale";
        case Source::Upstream: return "upstream";
        case Source::Failure: return "failure";
        case Source::None: break;
    }
    return "none";
}

std::string_view signal_to_text(Signal signal) noexcept {
    static constexpr std::array<std::string_view, kSignalCount> kTexts{"none",     "canary", "designated",
                                                                       "resolver", "vpn",    "turning"};
    return kTexts[static_cast<std::size_t>(signal)];
}

std::string_view identity_to_text(IdentityLevel identity) noexcept {
    return kIdentities[static_cast<std::size_t>(identity)];
}

std::optional<IdentityLevel> parse_identity(std::string_view text) noexcept {
    const auto found = std::find(kIdentities.begin(), kIdentities.end(), text);
    if (found == kIdentities.end()) return std::nullopt;
    return static_cast<IdentityLevel>(found - kIdentities.begin());
}

std::string_view transport_to_text(QueryTransport transport) noexcept {
    switch (transport) {
        case QueryTransport::Udp: return "udp";
        case QueryTransport::Tcp: return "tcp";
        case QueryTransport::Tls: return "tls";
        case QueryTransport::Https: return "https";
        case QueryTransport::Quic: break;
    }
    return "quic";
}

}  // namespace cenote::telemetry
