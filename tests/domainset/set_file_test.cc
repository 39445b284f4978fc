// SPDX-License-Identifier: Apache-2.0
//
// Damaged, foreign and deceiving set files: each is refused, or a lookup in it stays within its bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "resolver/domainset/load.h"
#include "tests/domainset/naive_set.h"
#include "tests/domainset/sign_again.h"
#include "tests/domainset/small_set.h"
#include "tests/support/temporary_folder.h"

namespace cenote::domainset {
namespace {

using ::testing::HasSubstr;

TEST(SetFile, RefusesWhatIsNoFileOfOurs) {
    const testing_support::TemporaryFolder folder;
    const auto refusal = [&](const Path& path) {
        auto set = DomainSet::open(path);
        EXPECT_FALSE(set.ok());
        if (set.ok()) return std::string();
        EXPECT_THAT(set.error().text, HasSubstr(path.string()));
        EXPECT_EQ(set.error().text.find('\n'), std::string::npos);
        return set.error().text;
    };
    const auto file_of = [&](std::string_view content) {
        std::ofstream(folder / "file", std::ios::binary) << content;
        return folder / "file";
    };
    refusal(folder / "missing");
    refusal(folder.path());
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    refusal(folder / "fifo");
    EXPECT_THAT(refusal(file_of("")), HasSubstr("empty"));
    EXPECT_THAT(refusal(file_of("x")), HasSubstr("no set"));
    EXPECT_THAT(refusal(file_of(std::string(4096, 'x'))), HasSubstr("no set"));
    EXPECT_THAT(refusal(file_of(std::string(4096, '\0'))), HasSubstr("no set"));
    EXPECT_THAT(refusal(file_of("CENOTE\x1a\n")), HasSubstr("ends within its header"));
    auto other_version = small_file();
    other_version[11] = 9;
    EXPECT_THAT(refusal(file_of({reinterpret_cast<const char*>(other_version.data()), other_version.size()})),
                HasSubstr("version 9, this program reads 1 and 2"));
}

TEST(SetFile, RefusesEveryFlippedBit) {
    const auto good = small_file();
    ASSERT_TRUE(DomainSet::from_bytes(good).ok());
    for (std::size_t at = 0; at < good.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            auto bad = good;
            bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1U << bit));
            ASSERT_FALSE(DomainSet::from_bytes(std::move(bad)).ok()) << "bit " << bit << " of byte " << at;
        }
}

TEST(SetFile, RefusesEveryTruncationAndWhateverFollows) {
    const auto good = small_file();
    for (std::size_t size = 0; size < good.size(); ++size)
        ASSERT_FALSE(DomainSet::from_bytes({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}).ok())
            << "cut to " << size;
    auto longer = good;
    longer.push_back(0);
    EXPECT_FALSE(DomainSet::from_bytes(longer).ok());
    longer.resize(good.size() + 64);
    EXPECT_FALSE(DomainSet::from_bytes(longer).ok());
}

TEST(SetFile, SurvivesEveryChangedByteUnderRightChecksums) {
    const auto good = small_file();
    std::size_t taken = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int change : {0x01, 0x80, 0xff}) {
            auto bad = good;
            bad[at] = static_cast<std::uint8_t>(bad[at] ^ change);
            sign_again(bad);
            auto set = DomainSet::from_bytes(std::move(bad));
            if (!set.ok()) continue;
            ++taken;
            for (const auto* text : {"example.com", "x.example.com", "good.example.com", "host.example.net", "a", "."})
                (void)tags_at(*set, name(text));
            for (const AddressUse use : {AddressUse::Response, AddressUse::Client})
                for (const AddressRule& rule : set->addresses(use)) EXPECT_LT(rule.tag, set->tags().size());
            std::size_t entries = 0;
            set->for_each([&](const Entry&) { ++entries; });
            EXPECT_EQ(entries, set->info().domains);
        }
    EXPECT_GT(taken, 0U);  // a letter of a name may change unseen
}

/// What a start relies on before it has read all names: no file leads a lookup out of its bytes.
TEST(SetFile, UnreadFilesUnderRightChecksumsKeepLookupsWithin) {
    const auto good = small_file();
    std::size_t deceived = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int change : {0x01, 0x80, 0xff}) {
            auto bad = good;
            bad[at] = static_cast<std::uint8_t>(bad[at] ^ change);
            sign_again(bad);
            const auto loaded = load_set(bad, "a file");
            if (!loaded.ok()) continue;
            if (!check_table(*loaded, "a file")) ++deceived;
            for (const auto* text :
                 {"example.com", "x.example.com", "good.example.com", "host.example.net", "a", "."}) {
                NameHashes hashes;
                loaded->table.hash(name(text), hashes);
                loaded->table.prefetch_record(name(text), hashes);
                const auto hit = loaded->table.match(name(text), hashes);
                EXPECT_LT(hit ? hit->tags : 0, loaded->source_sets.size());
            }
        }
    EXPECT_GT(deceived, 0U);  // else nothing was tried
}

TEST(SetFile, OpenUnreadLeavesDeceptionToCheck) {
    auto file = small_file();
    const auto header = format::decode_header(file);
    const auto base_at = header.section(format::Section::Groups).offset + format::kBaseAt;
    file[base_at + 3] ^= 1;
    sign_again(file);
    const testing_support::TemporaryFolder folder;
    std::ofstream(folder / "set", std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    const auto set = DomainSet::open_unverified(folder / "set");
    ASSERT_TRUE(set.ok()) << set.error().text;
    EXPECT_FALSE(set->check().ok());
    EXPECT_FALSE(DomainSet::open(folder / "set").ok());
}

TEST(SetFile, AFileThatIsCutWhileItIsOpenHasNoNames) {
    const auto file = small_file();
    const testing_support::TemporaryFolder folder;
    const auto write = [&] {
        std::ofstream(folder / "set", std::ios::binary)
            .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    };
    write();
    const auto set = DomainSet::open(folder / "set");
    ASSERT_TRUE(set.ok()) << set.error().text;
    std::vector<wire::Name> names;
    set->for_each([&](const Entry& entry) {
        if (set->match(entry.name)) names.push_back(entry.name);  // else an exception
    });
    ASSERT_FALSE(names.empty());
    std::filesystem::resize_file(folder / "set", 0);
    for (const wire::Name& each : names) EXPECT_FALSE(set->match(each).has_value());
    write();  // the same file again, in place: what was lost does not come back, so it may not be shared
    const auto again = DomainSet::open(folder / "set", &*set);
    ASSERT_TRUE(again.ok()) << again.error().text;
    for (const wire::Name& each : names) EXPECT_TRUE(again->match(each).has_value());
}

TEST(SetFile, AFileThatWasOverwrittenInPlaceIsReadAnew) {
    auto file = small_file();
    const testing_support::TemporaryFolder folder;
    const auto write = [&] {
        std::fstream out(folder / "set", std::ios::binary | std::ios::in | std::ios::out);
        if (!out.is_open()) out.open(folder / "set", std::ios::binary | std::ios::out);
        out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    };
    write();
    const auto set = DomainSet::open(folder / "set");
    ASSERT_TRUE(set.ok()) << set.error().text;
    const auto base_at = format::decode_header(file).section(format::Section::Groups).offset + format::kBaseAt;
    file[base_at + 3] ^= 1;
    sign_again(file);
    write();
    EXPECT_FALSE(DomainSet::open(folder / "set", &*set).ok()) << "it is not what is open";
}

}  // namespace
}  // namespace cenote::domainset
