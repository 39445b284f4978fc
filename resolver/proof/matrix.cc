// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/matrix.h"

#include "resolver/wire/answer.h"

namespace cenote::proof {

std::string_view transport_to_text(Transport transport) noexcept {
    switch (transport) {
        case Transport::Udp: return "udp";
        case Transport::Tcp: return "tcp";
        case Transport::Tls: return "tls";
        case Transport::Https: break;
    }
    return "https";
}

std::string_view variant_to_text(Variant variant) noexcept {
    switch (variant) {
        case Variant::Plain: return "plain";
        case Variant::DnssecOk: return "do";
        case Variant::CheckingDisabled: return "cd";
        case Variant::MixedCase: return "mixed-case";
        case Variant::CheckingDisabledDnssecOk: break;
    }
    return "cd+do";
}

std::size_t write_query(const Question& question, std::uint16_t id, MutableBytes out) noexcept {
    constexpr std::uint64_t kEverySecondLetter = 0x5555555555555555;
    const Variant variant = question.variant;
    return wire::write_upstream_query(
        {.name = question.name,
         .type = question.type,
         .rr_class = question.chaos ? wire::RrClass::CH : wire::RrClass::IN},
        {.id = id,
         .case_bits = variant == Variant::MixedCase ? kEverySecondLetter : 0,
         .edns = true,
         .dnssec_ok = variant == Variant::DnssecOk || variant == Variant::CheckingDisabledDnssecOk,
         .checking_disabled = variant == Variant::CheckingDisabled || variant == Variant::CheckingDisabledDnssecOk},
        out);
}

}  // namespace cenote::proof
