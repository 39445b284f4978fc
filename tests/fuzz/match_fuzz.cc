// SPDX-License-Identifier: Apache-2.0
//
// The set against a naive one. Three bytes make an entry or a lookup: the kind, and a name of short labels of few
// letters, so that names coincide.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/domainset/naive_set.h"

using namespace cenote;
using namespace cenote::domainset;

namespace {

constexpr std::uint32_t kSources = 4;

wire::Name name_of(std::uint8_t first, std::uint8_t second) {
    std::string text(1, static_cast<char>('a' + first % 3));
    for (int labels = first / 3 % 6; labels > 0; --labels) {
        text = std::string(second % 2 == 0 ? 1 : 12, static_cast<char>('a' + second % 3)) + "." + text;
        second = static_cast<std::uint8_t>(second / 3);
    }
    return *wire::Name::parse(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 600) return 0;
    NaiveSet naive;
    DomainSetWriter writer(std::chrono::sys_seconds{}, size == 0 ? 0 : data[0]);
    for (std::uint32_t i = 0; i < kSources; ++i) {
        Source source;
        source.id = std::to_string(i);
        writer.add_source(source);
    }
    std::vector<wire::Name> questions;
    for (std::size_t at = 0; at + 3 <= size; at += 3) {
        const std::uint8_t what = data[at];
        const auto name = name_of(data[at + 1], data[at + 2]);
        const std::uint32_t source = what % kSources;
        const auto kind = (what & 0x10) != 0   ? MatchKind::Exact
                          : (what & 0x20) != 0 ? MatchKind::Below
                                               : MatchKind::Suffix;
        questions.push_back(name);
        if ((what & 0x80) != 0) continue;
        if ((what & 0x60) == 0x60)
            naive.add_exception(name, source, kind);
        else
            naive.add(name, {source, static_cast<Role>((what >> 2) % 4), (what & 0x20) != 0}, kind);
    }
    naive.write_to(writer);
    auto bytes = writer.finish();
    if (!bytes) std::abort();
    const auto set = DomainSet::from_bytes(*std::move(bytes));
    if (!set) std::abort();
    for (const auto& question : questions)
        if (tags_at(*set, question) != naive.match(question)) std::abort();
    return 0;
}
