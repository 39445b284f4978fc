// SPDX-License-Identifier: Apache-2.0
//
// Zones on disk, as a transfer left them: a text is refused, or is a zone whose records are sorted, which is written
// as it was read, and which can be read as a list.

#include <algorithm>
#include <cstdint>
#include <string>

#include "blocklists/dialects.h"
#include "resolver/base/check.h"
#include "resolver/transfer/zone_file.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::transfer;

fuzz::Goal zone_read("a zone with records is read");
fuzz::Goal listed("a zone is read as a list");

void expect_list(const std::string& text) {
    std::uint32_t rules = 0;
    blocklists::Reading reading(blocklists::ListLimits{}, [&](const blocklists::Rule&, std::uint32_t) { ++rules; });
    const auto read = blocklists::read_list(text, blocklists::Format::Rpz, reading);
    CENOTE_CHECK(!read || *read == blocklists::Format::Rpz);
    if (rules > 0) listed.reach();
    CENOTE_CHECK(rules == reading.rules() || reading.overflowed());
}

void try_text(const wire::Name& zone, const std::string& text) {
    const auto data = from_master_file(zone, text);
    if (!data) return;
    if (!data->records.empty()) zone_read.reach();
    CENOTE_CHECK(std::is_sorted(data->records.begin(), data->records.end()));
    for (const RpzRecord& record : data->records) {
        const auto again = parse_record(to_text(record));
        CENOTE_CHECK(again && *again == record);
    }
    const std::string written = to_master_file(zone, *data);
    const auto again = from_master_file(zone, written);
    CENOTE_CHECK(again && again->soa == data->soa && again->records == data->records);
    expect_list(written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const wire::Name zone = wire::Name::parse("rpz.example").value();
    static const std::string head = to_master_file(zone, ZoneData{});
    const std::string text(fuzz::Input(data, size).text());
    try_text(zone, text);
    try_text(zone, head + text);  // records alone: most inputs get no further than the first line
    return 0;
}
