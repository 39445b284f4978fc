// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>

#include "resolver/base/check.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/edns.h"

namespace cenote::wire {
namespace {

bool is_letter(std::uint8_t byte) noexcept { return byte >= 'a' && byte <= 'z'; }

/// Writes the name; each letter takes its case from one bit of `case_bits`, which repeat after 64.
void write_mixed_name(ByteWriter& writer, const Name& name, std::uint64_t case_bits) noexcept {
    std::array<std::uint8_t, Name::kBytesMax> mixed;
    unsigned letters = 0;
    std::size_t size = 0;
    for (const std::uint8_t byte : name.wire()) {
        const bool letter = is_letter(byte);
        const bool upper = letter && ((case_bits >> (letters % 64)) & 1) != 0;
        letters += letter ? 1 : 0;
        mixed[size++] = static_cast<std::uint8_t>(byte ^ (upper ? 'a' ^ 'A' : 0));
    }
    writer.bytes(std::span(mixed).first(size));
}

/// Writes an OPT without options: those of a client are not passed on (RFC 6891 §6.2.1, RFC 7871 §11.1).
void write_bare_opt(ByteWriter& writer, bool dnssec_ok) noexcept {
    writer.u8(0);
    writer.u16(static_cast<std::uint16_t>(RrType::OPT));
    writer.u16(kUdpSize);
    writer.u16(0);
    writer.u16(dnssec_ok ? kDnssecOk : std::uint16_t{0});
    writer.u16(0);
}

/// Gives the bare OPT, which is the last thing of the message, the option that pads it (RFC 7830 §3).
void pad_bare_opt(ByteWriter& writer) noexcept {
    constexpr std::size_t kBlock = 128;  // RFC 8467 §4.1
    const std::size_t opt_end = writer.size();
    const auto padding = static_cast<std::uint16_t>((kBlock - (opt_end + kOptionHeader) % kBlock) % kBlock);
    writer.u16(static_cast<std::uint16_t>(OptionCode::Padding));
    writer.u16(padding);
    for (std::uint16_t i = 0; i < padding; ++i) writer.u8(0);
    writer.patch_u16(opt_end - 2, static_cast<std::uint16_t>(kOptionHeader + padding));
}

}  // namespace

std::size_t write_upstream_query(const Question& question, const UpstreamQueryFields& fields,
                                 MutableBytes out) noexcept {
    CENOTE_CHECK(out.size() >= 512);
    ByteWriter writer(out);
    writer.u16(fields.id);
    // AD in a query: the bit is understood in the response (RFC 6840 §5.7).
    writer.u16(static_cast<std::uint16_t>(kFlagRd | kFlagAd | (fields.checking_disabled ? kFlagCd : 0)));
    writer.u16(1);
    writer.u16(0);
    writer.u16(0);
    writer.u16(fields.edns ? 1 : 0);
    write_mixed_name(writer, question.name, fields.case_bits);
    writer.u16(static_cast<std::uint16_t>(question.type));
    writer.u16(static_cast<std::uint16_t>(question.rr_class));
    if (fields.edns) {
        write_bare_opt(writer, fields.dnssec_ok);
        if (fields.padded) pad_bare_opt(writer);
    }
    return writer.size();
}

}  // namespace cenote::wire
