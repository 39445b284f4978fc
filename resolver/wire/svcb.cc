// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/svcb.h"

#include <algorithm>

#include "resolver/base/bytes.h"
#include "resolver/base/check.h"

namespace cenote::wire {
namespace {

constexpr std::size_t kParamsMax = 4096;
constexpr std::size_t kProtocolMax = 255;

void write_param(ByteWriter& out, SvcParamKey key, ByteView value) noexcept {
    out.u16(static_cast<std::uint16_t>(key));
    out.u16(static_cast<std::uint16_t>(value.size()));
    out.bytes(value);
}

/// The hints of one family, unless there are none.
void write_hints(ByteWriter& out, SvcParamKey key, const std::vector<IpAddress>& hints) noexcept {
    const bool v4 = key == SvcParamKey::Ipv4Hint;
    const auto count = std::ranges::count(hints, v4, &IpAddress::is_v4);
    if (count == 0) return;
    out.u16(static_cast<std::uint16_t>(key));
    out.u16(static_cast<std::uint16_t>(static_cast<std::size_t>(count) * (v4 ? 4 : 16)));
    for (const IpAddress& hint : hints) {
        if (hint.is_v4() != v4) continue;
        if (v4)
            out.bytes(hint.v4_octets());
        else
            out.bytes(hint.octets());
    }
}

std::string hints_text(const char* key, const std::vector<IpAddress>& hints, bool v4) {
    std::string text;
    for (const IpAddress& hint : hints)
        if (hint.is_v4() == v4) text += (text.empty() ? "" : ",") + hint.to_string();
    return text.empty() ? text : std::string(" ") + key + "=" + text;
}

}  // namespace

std::vector<std::uint8_t> service_params(const ServiceParams& params) {
    std::vector<std::uint8_t> space(kParamsMax);
    ByteWriter out(space);
    std::string protocols;  // each with its length before it (RFC 9460 §7.1.1)
    for (const std::string& protocol : params.alpn) {
        CENOTE_CHECK(!protocol.empty() && protocol.size() <= kProtocolMax);
        protocols += static_cast<char>(protocol.size());
        protocols += protocol;
    }
    write_param(out, SvcParamKey::Alpn, bytes_of(protocols));
    if (params.port != 0) {
        out.u16(static_cast<std::uint16_t>(SvcParamKey::Port));
        out.u16(2);
        out.u16(params.port);
    }
    write_hints(out, SvcParamKey::Ipv4Hint, params.hints);
    write_hints(out, SvcParamKey::Ipv6Hint, params.hints);
    if (!params.doh_path.empty()) write_param(out, SvcParamKey::DohPath, bytes_of(params.doh_path));
    CENOTE_CHECK(out.ok() && !params.alpn.empty());
    space.resize(out.size());
    return space;
}

std::string service_params_text(const ServiceParams& params) {
    std::string text;
    for (const std::string& protocol : params.alpn) text += (text.empty() ? "alpn=" : ",") + protocol;
    if (params.port != 0) text += " port=" + std::to_string(params.port);
    text += hints_text("ipv4hint", params.hints, true) + hints_text("ipv6hint", params.hints, false);
    if (!params.doh_path.empty()) text += " dohpath=" + params.doh_path;
    return text;
}

}  // namespace cenote::wire
