// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/dnr_option.h"

#include "resolver/base/check.h"

namespace cenote::cli {
namespace {

constexpr std::size_t kPayloadMax = 65535;

void write_addresses(ByteWriter& out, const DnrInstance& instance, bool v4) noexcept {
    for (const IpAddress& ip : instance.addresses) {
        CENOTE_CHECK(ip.is_v4() == v4);
        if (v4)
            out.bytes(ip.v4_octets());
        else
            out.bytes(ip.octets());
    }
}

}  // namespace

std::vector<std::uint8_t> dhcp4_option(std::span<const DnrInstance> instances) {
    std::vector<std::uint8_t> space(kPayloadMax);
    ByteWriter out(space);
    for (const DnrInstance& instance : instances) {
        const std::size_t begin = out.size();
        out.u16(0);  // DNR Instance Data Length, without itself
        out.u16(instance.priority);
        out.u8(static_cast<std::uint8_t>(instance.name.wire().size()));
        out.bytes(instance.name.wire());
        CENOTE_CHECK(instance.addresses.size() * 4 <= UINT8_MAX);
        out.u8(static_cast<std::uint8_t>(instance.addresses.size() * 4));
        write_addresses(out, instance, true);
        out.bytes(wire::service_params(instance.params));
        out.patch_u16(begin, static_cast<std::uint16_t>(out.size() - begin - 2));
    }
    CENOTE_CHECK(out.ok());
    space.resize(out.size());
    return space;
}

std::vector<std::uint8_t> dhcp6_option(const DnrInstance& instance) {
    std::vector<std::uint8_t> space(kPayloadMax);
    ByteWriter out(space);
    out.u16(instance.priority);
    out.u16(static_cast<std::uint16_t>(instance.name.wire().size()));
    out.bytes(instance.name.wire());
    out.u16(static_cast<std::uint16_t>(instance.addresses.size() * 16));
    write_addresses(out, instance, false);
    out.bytes(wire::service_params(instance.params));
    CENOTE_CHECK(out.ok());
    space.resize(out.size());
    return space;
}

}  // namespace cenote::cli
