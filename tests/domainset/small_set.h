// SPDX-License-Identifier: Apache-2.0
//
// Sets of a few names, for the tests of the reader.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/domainset/writer.h"

namespace cenote::domainset {

inline constexpr std::chrono::sys_seconds kBuiltAt{std::chrono::seconds{1'800'000'000}};

inline wire::Name name(std::string_view text) {
    const auto parsed = wire::Name::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(wire::Name());
}

inline Source source(std::string id) {
    Source made;
    made.id = std::move(id);
    return made;
}

inline DomainSet finish(DomainSetWriter& writer) {
    auto bytes = writer.finish();
    EXPECT_TRUE(bytes.ok()) << bytes.error().text;
    auto set = DomainSet::from_bytes(*std::move(bytes));
    EXPECT_TRUE(set.ok()) << set.error().text;
    return *std::move(set);
}

/// A list with a suffix, a single host, an exception and two address rules.
inline std::vector<std::uint8_t> small_file() {
    DomainSetWriter writer(kBuiltAt, 7);
    Source list = source("extra");
    list.note = "一行";
    list.aliases = {"more"};
    const auto index = writer.add_source(list);
    writer.add(name("example.com"), {index, Role::Web, false}, MatchKind::Suffix);
    writer.add(name("host.example.net"), {index, Role::Web, false}, MatchKind::Exact);
    writer.add_exception(name("good.example.com"), index, MatchKind::Suffix);
    for (const AddressUse use : {AddressUse::Response, AddressUse::Client})
        writer.add_address(use, Prefix::parse("192.0.2.0/24").value(), {index, Role::Web, false}, true);
    return *writer.finish();
}

}  // namespace cenote::domainset
