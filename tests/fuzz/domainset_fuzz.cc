// SPDX-License-Identifier: Apache-2.0
//
// A set file from somebody who means harm: its checksums are made right, so that what stands behind them is tried.
#include <cstdint>
#include <cstdlib>

#include "tests/domainset/sign_again.h"

using namespace cenote;
using domainset::DomainSet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint8_t> file(data, data + size);
    (void)DomainSet::from_bytes(file);
    domainset::sign_again(file);
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
    for (const auto* text : {".", "com", "example.com", "a.b.c.d.e.f.g.h.example.com"})
        (void)set->match(*wire::Name::parse(text));
    return 0;
}
