// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/zone_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using testing::kZone;
using wire::RrType;
using namespace std::string_literals;

TEST(ZoneFile, AMasterFileIsReadBack) {
    const auto wire = [](std::string_view text) {
        const auto name = *wire::Name::parse(text);
        return std::string(reinterpret_cast<const char*>(name.wire().data()), name.wire().size() - 1);
    };
    const std::string root(1, '\0');
    ZoneData data{{7, 3600, 60, 86400},
                  {{wire("*.bad.example"), RrType::CNAME, root},
                   {wire("bad.example"), RrType::A, "\xc0\x00\x02\x01"s},
                   {wire("bad.example"), RrType::AAAA, std::string(15, '\0') + "\1"},
                   {wire("bad.example"), RrType::TXT, "\5hello"},
                   {wire("empty.example"), RrType::TXT, ""},
                   {wire("od\\032d\\.label.example"), RrType::CNAME, wire("rpz-passthru") + root}}};
    std::sort(data.records.begin(), data.records.end());
    const std::string text = to_master_file(kZone, data);
    const auto read = from_master_file(kZone, text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->soa, data.soa);
    EXPECT_EQ(read->records, data.records);
    EXPECT_EQ(to_master_file(kZone, *read), text);
    EXPECT_FALSE(from_master_file(*wire::Name::parse("other.example"), text));
    for (std::size_t size = 0; size < text.size(); ++size) {  // what a full disk may leave
        const auto cut = from_master_file(kZone, text.substr(0, size));
        EXPECT_TRUE(!cut || text[size - 1] == '\n') << size;
    }
    for (const char* line : {"x CNAME", "x A 2001:db8::1", "x AAAA 192.0.2.1", "x TYPE16 \\# 2 05", "x TYPE16 \\# 1 zz",
                             "x MX 1", "x CNAME . more", " CNAME .", "", "a CNAME ."})
        EXPECT_FALSE(from_master_file(kZone, text + line + "\n")) << line;
}

}  // namespace
}  // namespace cenote::transfer
