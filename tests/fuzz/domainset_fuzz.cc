// SPDX-License-Identifier: Apache-2.0
//
// A malicious set file: its checksums are made right, so that the checks behind them are reached.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "resolver/base/clock.h"
#include "resolver/domainset/delta.h"
#include "resolver/domainset/load.h"
#include "resolver/domainset/writer.h"
#include "tests/domainset/sign_again.h"
#include "tests/domainset/version1.h"
#include "tests/fuzz/input.h"

using namespace cenote;
using domainset::DomainSet;

namespace {

fuzz::Goal opened("a set is opened");
fuzz::Goal attached("a delta is attached");

constexpr std::array kNames{".", "com", "example.com", "a.b.c.d.e.f.g.h.example.com"};

/// Before its names are verified, a file leads to wrong answers at worst.
void look_up_unread(ByteView file) {
    const auto loaded = domainset::load_set(file, "a file");
    if (!loaded) return;
    for (const auto* text : kNames) {
        const auto name = wire::Name::parse(text).value();
        domainset::NameHashes hashes;
        loaded->table.hash(name, hashes);
        loaded->table.prefetch_groups(name, hashes);
        loaded->table.prefetch_record(name, hashes);
        if (const auto hit = loaded->table.match(name, hashes))
            if (hit->tags >= loaded->source_sets.size()) std::abort();
    }
}

/// What a delta of this format version may be put beside.
DomainSet large_set(std::uint32_t version) {
    domainset::DomainSetWriter writer(WallTime{}, 7);
    for (const char* id : {"one", "two"}) {
        domainset::Source source;
        source.id = id;
        const std::uint32_t index = writer.add_source(std::move(source));
        writer.add(wire::Name::parse(fmt::format("{}.example.com", id)).value(), {.source = index},
                   domainset::MatchKind::Suffix);
    }
    auto bytes = writer.finish().value();
    if (version == domainset::format::kVersion1) bytes = domainset::as_version1(std::move(bytes));
    return DomainSet::from_bytes(std::move(bytes)).value();
}

void walk(const DomainSet& set) {
    std::uint64_t entries = 0;
    set.for_each([&](const domainset::Entry& entry) {
        ++entries;
        if (entry.own >= set.source_set_count()) std::abort();
        if (const auto hit = set.match(entry.name))
            for (const auto tag : set.source_set(hit->tags))
                if (set.tags().at(tag).source >= set.sources().size()) std::abort();
        (void)set.match_below(entry.name, entry.name.labels());
    });
    // In a delta that was made to deceive a name may stand twice, or be gone that never was.
    if (entries != set.info().domains && set.info().delta == 0) std::abort();
    for (const auto* text : kNames) (void)set.match(*wire::Name::parse(text));
    for (const auto use : {domainset::AddressUse::Response, domainset::AddressUse::Client})
        for (const auto& rule : set.addresses(use))
            if (rule.use != use || rule.tag >= set.tags().size()) std::abort();
}

/// Whatever is in it, it makes a set that can be used, or none; and another delta can be written on top.
void attach_delta(std::vector<std::uint8_t> file) {
    static const DomainSet present = large_set(domainset::format::kVersion);
    static const DomainSet first = large_set(domainset::format::kVersion1);
    if (file.size() < domainset::format::kHeaderBytes) return;
    auto header = domainset::format::decode_header(file);
    if (header.delta_of == 0) return;
    const DomainSet& large = header.version == domainset::format::kVersion1 ? first : present;
    header.delta_of = large.info().checksum;
    const auto bytes = domainset::format::encode(header);
    std::copy(bytes.begin(), bytes.end(), file.begin());
    const auto set = large.with_delta(std::move(file));
    if (!set) return;
    attached.reach();
    walk(*set);
    if (!domainset::DeltaWriter::fits(*set)) return;
    domainset::DeltaWriter writer(*set);
    writer.put(*wire::Name::parse("one.example.com"), {}, {}, {});
    const auto next = writer.finish(set->sources(), WallTime{});
    if (!next) std::abort();
    walk(set->with_delta(*next).value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint8_t> file = fuzz::Input(data, size).copy();
    (void)DomainSet::from_bytes(file);
    domainset::sign_again(file);
    look_up_unread(file);
    attach_delta(file);
    const auto set = DomainSet::from_bytes(std::move(file));
    if (!set) return 0;
    opened.reach();
    walk(*set);
    return 0;
}
