// SPDX-License-Identifier: Apache-2.0
//
// A set file from somebody who means harm: its checksums are made right, so that what stands behind them is tried.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "resolver/domainset/load.h"
#include "tests/domainset/sign_again.h"

using namespace cenote;
using domainset::DomainSet;

namespace {

constexpr std::array kNames{".", "com", "example.com", "a.b.c.d.e.f.g.h.example.com"};

/// Before anybody has looked at its names, a file leads to wrong answers at worst.
void look_up_unread(ByteView file) {
    const auto loaded = domainset::load(file, "a file");
    if (!loaded) return;
    for (const auto* text : kNames) {
        const auto name = wire::Name::parse(text).value();
        domainset::NameHashes hashes;
        loaded->table.hash(name, hashes);
        loaded->table.touch_groups(name, hashes);
        loaded->table.touch_record(name, hashes);
        if (const auto hit = loaded->table.match(name, hashes))
            if (hit->tags >= loaded->tag_sets.size()) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint8_t> file(data, data + size);
    (void)DomainSet::from_bytes(file);
    domainset::sign_again(file);
    look_up_unread(file);
    const auto set = DomainSet::from_bytes(std::move(file));
    if (!set) return 0;
    std::uint64_t entries = 0;
    set->for_each([&](const domainset::Entry& entry) {
        ++entries;
        if (entry.own >= set->tag_set_count()) std::abort();
        if (const auto hit = set->match(entry.name))
            for (const auto tag : set->tag_set(hit->tags))
                if (set->tags().at(tag).source >= set->sources().size()) std::abort();
    });
    if (entries != set->info().domains) std::abort();
    for (const auto* text : kNames) (void)set->match(*wire::Name::parse(text));
    return 0;
}
