// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/edns.h"

#include <algorithm>
#include <span>

namespace cenote::wire {
namespace {

/// Whether a client subnet option is well-formed: as many address bytes as the prefix needs, the bits behind the prefix
/// zero, and scope zero in a query (RFC 7871 §6).
bool is_client_subnet(ByteView data) noexcept {
    if (data.size() < 4) return false;
    const std::uint16_t family = load_u16(data.data());
    const std::size_t prefix = data[2];
    const std::uint8_t scope = data[3];
    const ByteView address = data.subspan(4);
    // Some clients opt out with family 0 and prefix length 0 (RFC 7871 §7.1.2).
    const std::size_t prefix_max = family == 1 ? 32 : family == 2 ? 128 : 0;
    if (family > 2 || prefix > prefix_max || scope != 0 || address.size() != (prefix + 7) / 8) return false;
    return prefix % 8 == 0 || (address.back() & (0xff >> (prefix % 8))) == 0;
}

bool read_option(OptionCode code, ByteView data, Edns& edns) noexcept {
    switch (code) {
        case OptionCode::Nsid: edns.wants_options = edns.wants_nsid = true; return true;
        case OptionCode::Padding: edns.wants_options = edns.wants_padding = true; return true;
        case OptionCode::StructuredError: edns.wants_structured_error |= data.empty(); return true;
        case OptionCode::TcpKeepalive:
            edns.wants_options = edns.wants_keepalive = true;
            if (!data.empty()) edns.fault = Edns::Fault::Keepalive;  // RFC 7828 §3.2.1
            return true;
        case OptionCode::ClientSubnet: return is_client_subnet(data);
        case OptionCode::Cookie:
            if (!edns.cookie.empty()) return true;  // only the first counts (RFC 7873 §5.2)
            if (data.size() != 8 && (data.size() < 16 || data.size() > 40)) return false;
            edns.wants_options = true;
            edns.cookie = data;
            return true;
        default: return true;  // RFC 6891 §6.1.2
    }
}

std::string_view text_of(const ExtendedError& error, Trim trim) noexcept {
    if (trim == Trim::Nothing) return error.text;
    if (trim == Trim::Json) return error.short_text.empty() ? error.text : error.short_text;
    return {};
}

std::span<const ExtendedError> errors_of(const OptContent& content, Trim trim) noexcept {
    if (trim >= Trim::Errors) return {};
    return {content.errors.data(), content.error_count};
}

bool has_nsid(const Edns& edns, const OptContent& content, Trim trim) noexcept {
    return edns.wants_nsid && !content.nsid.empty() && trim < Trim::Nsid;
}

bool has_keepalive(const Edns& edns, const OptContent& content) noexcept {
    return edns.wants_keepalive && content.keepalive_100ms != OptContent::kNoKeepalive;
}

void write_option_header(ByteWriter& writer, OptionCode code, std::size_t size) noexcept {
    writer.u16(static_cast<std::uint16_t>(code));
    writer.u16(static_cast<std::uint16_t>(size));
}

void write_text(ByteWriter& writer, std::string_view text) noexcept { writer.bytes(bytes_of(text)); }

// Of what a query asks for by options of its own. They are not inlined, so that they cost other queries nothing.

[[gnu::noinline]] std::size_t wanted_size(const Edns& edns, const OptContent& content, Trim trim) noexcept {
    std::size_t size = 0;
    if (has_nsid(edns, content, trim)) size += kOptionHeader + content.nsid.size();
    if (!content.cookie.empty()) size += kOptionHeader + content.cookie.size();
    if (has_keepalive(edns, content)) size += kOptionHeader + 2;
    return size;
}

[[gnu::noinline]] void write_wanted(ByteWriter& writer, const Edns& edns, const OptContent& content,
                                    Trim trim) noexcept {
    if (has_nsid(edns, content, trim)) {
        write_option_header(writer, OptionCode::Nsid, content.nsid.size());
        write_text(writer, content.nsid);
    }
    if (!content.cookie.empty()) {
        write_option_header(writer, OptionCode::Cookie, content.cookie.size());
        writer.bytes(content.cookie);
    }
    if (has_keepalive(edns, content)) {
        write_option_header(writer, OptionCode::TcpKeepalive, 2);
        writer.u16(content.keepalive_100ms);
    }
}

}  // namespace

bool read_opt(const std::uint8_t* fixed, ByteView rdata, Edns& edns) noexcept {
    const std::uint16_t udp_size = load_u16(fixed + 2);
    edns.present = true;
    edns.udp_size = udp_size < 512 ? std::uint16_t{512} : udp_size;
    edns.dnssec_ok = (load_u16(fixed + 6) & kDnssecOk) != 0;
    if (fixed[5] != 0) {  // the options of another version are not known; the query gets BADVERS
        edns.fault = Edns::Fault::Version;
        return true;
    }
    ByteReader reader(rdata);
    while (reader.left() > 0) {
        const auto code = static_cast<OptionCode>(reader.u16());
        const ByteView data = reader.bytes(reader.u16());
        if (!reader.ok() || !read_option(code, data, edns)) return false;
    }
    return reader.ok();
}

Trim fit_opt(const Edns& edns, const OptContent& content, std::size_t room) noexcept {
    for (const Trim trim : {Trim::Nothing, Trim::Json, Trim::Text, Trim::Errors})
        if (opt_size(edns, content, trim) <= room) return trim;
    return Trim::Nsid;
}

std::size_t opt_size(const Edns& edns, const OptContent& content, Trim trim) noexcept {
    if (!edns.present) return 0;
    std::size_t size = kOptSize;
    if (edns.wants_options) [[unlikely]]
        size += wanted_size(edns, content, trim);
    for (const ExtendedError& error : errors_of(content, trim)) size += kOptionHeader + 2 + text_of(error, trim).size();
    return size;
}

void write_opt(ByteWriter& writer, const Edns& edns, Rcode rcode, const OptContent& content, Trim trim) noexcept {
    if (!edns.present) return;
    writer.u8(0);
    writer.u16(static_cast<std::uint16_t>(RrType::OPT));
    writer.u16(kUdpSize);
    writer.u16(static_cast<std::uint16_t>((static_cast<unsigned>(rcode) >> 4) << 8));  // version 0
    writer.u16(edns.dnssec_ok ? kDnssecOk : std::uint16_t{0});
    writer.u16(static_cast<std::uint16_t>(opt_size(edns, content, trim) - kOptSize));
    if (edns.wants_options) [[unlikely]]
        write_wanted(writer, edns, content, trim);
    for (const ExtendedError& error : errors_of(content, trim)) {
        const std::string_view text = text_of(error, trim);
        write_option_header(writer, OptionCode::ExtendedError, text.size() + 2);
        writer.u16(static_cast<std::uint16_t>(error.code));
        write_text(writer, text);
    }
}

std::size_t pad(const Edns& edns, const OptContent& content, MutableBytes room, std::size_t size,
                std::size_t opt_size) noexcept {
    constexpr std::size_t kLengthAt = 9;  // of RDLENGTH within an OPT
    if (!edns.wants_padding || content.padded_to == 0 || opt_size == 0 || room.size() < size + kOptionHeader)
        return size;
    const std::size_t block = content.padded_to;
    const std::size_t padded = std::min((size + kOptionHeader + block - 1) / block * block, room.size());
    const std::size_t padding = padded - size - kOptionHeader;
    ByteWriter option(room.subspan(size));
    write_option_header(option, OptionCode::Padding, padding);
    std::fill_n(room.begin() + static_cast<std::ptrdiff_t>(size + kOptionHeader), padding, std::uint8_t{0});
    std::uint8_t* const length = &room[size - opt_size + kLengthAt];
    store_u16(length, static_cast<std::uint16_t>(load_u16(length) + kOptionHeader + padding));
    return padded;
}

}  // namespace cenote::wire
