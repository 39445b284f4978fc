// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/dnr_option.h"

#include <gtest/gtest.h>

#include "resolver/base/digest.h"

namespace cenote::cli {
namespace {

DnrInstance instance(std::uint16_t priority, const std::vector<const char*>& addresses, const char* alpn) {
    DnrInstance made{.priority = priority,
                     .name = wire::Name::parse("dns.example").value(),
                     .addresses = {},
                     .params = {.alpn = {alpn}, .port = 0, .hints = {}, .doh_path = {}}};
    for (const char* address : addresses) made.addresses.push_back(IpAddress::parse(address).value());
    return made;
}

/// RFC 9463 §5.1: length, priority, length of the name, the name, length of the addresses, the addresses, parameters.
TEST(DnrOptionTest, Dhcp4HasAllInstances) {
    const DnrInstance both[] = {instance(1, {"10.0.0.53", "10.0.1.53"}, "dot"), instance(2, {"10.0.0.53"}, "h2")};
    EXPECT_EQ(to_hex(dhcp4_option(both)),
              "0021"
              "0001"
              "0d"
              "03646e73076578616d706c6500"
              "08"
              "0a0000350a000135"
              "0001000403646f74"
              "001c"
              "0002"
              "0d"
              "03646e73076578616d706c6500"
              "04"
              "0a000035"
              "00010003026832");
}

/// RFC 9463 §4.1: as above with lengths of two bytes, and without one of the instance, which is that of the option.
TEST(DnrOptionTest, Dhcp6HasOneInstance) {
    EXPECT_EQ(to_hex(dhcp6_option(instance(1, {"2001:db8::53"}, "dot"))),
              "0001"
              "000d"
              "03646e73076578616d706c6500"
              "0010"
              "20010db8000000000000000000000053"
              "0001000403646f74");
}

}  // namespace
}  // namespace cenote::cli
