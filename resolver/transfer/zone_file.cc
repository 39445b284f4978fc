// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/zone_file.h"

#include <fmt/format.h>

#include <sstream>

namespace cenote::transfer {
namespace {

/// A master file up to its serial number.
std::string head_of(const wire::Name& zone) {
    return fmt::format("$ORIGIN {}.\n@ SOA localhost. hostmaster.localhost. ", zone.to_string());
}

}  // namespace

std::string to_master_file(const wire::Name& zone, const ZoneData& data) {
    std::string text = fmt::format("{}{} {} {} {} 0\n", head_of(zone), data.soa.serial, data.soa.refresh,
                                   data.soa.retry, data.soa.expire);
    for (const RpzRecord& record : data.records) text += to_text(record) + "\n";
    return text;
}

std::optional<ZoneData> from_master_file(const wire::Name& zone, std::string_view text) {
    const std::string head = head_of(zone);
    if (!text.starts_with(head) || !text.ends_with('\n')) return std::nullopt;
    text.remove_prefix(head.size());
    const auto line = [&text] {
        const auto end = text.find('\n');
        const auto taken = text.substr(0, end);
        text.remove_prefix(end + 1);
        return taken;
    };
    ZoneData data;
    std::istringstream soa{std::string(line())};
    if (!(soa >> data.soa.serial >> data.soa.refresh >> data.soa.retry >> data.soa.expire)) return std::nullopt;
    while (!text.empty()) {
        auto record = parse_record(line());
        if (!record || is_no_policy(record->type) || (!data.records.empty() && !(data.records.back() < *record)))
            return std::nullopt;
        data.records.push_back(std::move(*record));
    }
    return data;
}

}  // namespace cenote::transfer
