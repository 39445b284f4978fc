// SPDX-License-Identifier: Apache-2.0
//
// The set against a naive one. Three bytes make an entry or a lookup: the kind, and a name of short labels of few
// letters, so that names coincide.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "resolver/base/check.h"
#include "tests/domainset/naive_set.h"
#include "tests/fuzz/input.h"

using namespace cenote;
using namespace cenote::domainset;

namespace {

constexpr std::uint32_t kSources = 4;

fuzz::Goal in_the_set("a name is in the set");
fuzz::Goal in_no_set("a name is not in the set");

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
    DomainSetWriter writer(std::chrono::sys_seconds{}, fuzz::Input(data, size).u8());
    for (std::uint32_t i = 0; i < kSources; ++i) {
        Source source;
        source.id = std::to_string(i);
        writer.add_source(source);
    }
    std::vector<wire::Name> questions;
    fuzz::Input input(data, size);
    while (input.size() >= 3) {
        const std::uint8_t what = input.u8();
        const std::uint8_t first = input.u8();
        const auto name = name_of(first, input.u8());
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
    CENOTE_CHECK(bytes.ok());
    const auto set = DomainSet::from_bytes(*std::move(bytes));
    CENOTE_CHECK(set.ok());
    for (const auto& question : questions) {
        const auto found = tags_at(*set, question);
        CENOTE_CHECK(found == naive.match(question));
        (found.empty() ? in_no_set : in_the_set).reach();
    }
    return 0;
}
