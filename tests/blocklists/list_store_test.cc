// SPDX-License-Identifier: Apache-2.0
#include "blocklists/list_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blocklists/compile.h"
#include "resolver/base/time_text.h"
#include "resolver/domainset/publish.h"
#include "tests/blocklists/lists.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

class Store : public ::testing::Test {
protected:
    Store() : set_(folder_ / "cenote.set"), store_(set_) {}

    [[nodiscard]] std::string text_of(const Path& path) const {
        const auto text = read_file(path, 1 << 20);
        return text ? *text : "none";
    }
    [[nodiscard]] Manifest::List completed(SourceKind kind, const std::string& path = "/srv/a.txt") const {
        Manifest::List entry{.id = "a", .path = path, .key = "RWkey"};
        store_.complete(entry, kind);
        return entry;
    }

    testing_support::TemporaryFolder folder_;
    Path set_;
    ListStore store_;
};

TEST_F(Store, TheFilesOfAListAreInOneFolderBesideTheSet) {
    EXPECT_EQ(store_.copy_path("a"), folder_ / "lists/a.list");
    EXPECT_EQ(store_.error_path("a"), folder_ / "lists/a.error");
    EXPECT_EQ(store_.zone_path("a"), folder_ / "lists/a.zone");
    EXPECT_EQ(store_.zone_expired_path("a"), folder_ / "lists/a.expired");
    EXPECT_EQ(store_.catalogue_names_path(), folder_ / "lists/catalogue.names");
    EXPECT_EQ(ListStore("/set").copy_path("a.b"), "/lists/a.b.list") << "a dot in an id is no extension";
}

TEST_F(Store, ACopyReplacesTheErrorBefore) {
    EXPECT_FALSE(store_.status("a").last_good);
    ASSERT_TRUE(store_.note_error("a", "the server answered 404"));
    const ListStatus failed = store_.status("a");
    EXPECT_EQ(failed.error, "the server answered 404");
    EXPECT_GT(failed.failed_at, WallTime{});
    EXPECT_FALSE(failed.last_good);
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example\n")));
    const ListStatus good = store_.status("a");
    EXPECT_EQ(good.error, "");
    EXPECT_TRUE(good.last_good);
    EXPECT_EQ(text_of(store_.copy_path("a")), "a.example\n");
    store_.clear_error("a");  // there is none
}

TEST_F(Store, ADamagedCopyIsNone) {
    EXPECT_FALSE(store_.is_damaged("a")) << "there is none";
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example\n")));
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example\nb.example\n")));
    EXPECT_FALSE(store_.is_damaged("a"));
    write_file(store_.copy_path("a"), "a.example\n");
    EXPECT_FALSE(store_.is_damaged("a")) << "a kill has left the copy before";
    for (const char* text : {"", "a.exa", "a.example\nc.example\n"}) {
        write_file(store_.copy_path("a"), text);
        EXPECT_TRUE(store_.is_damaged("a")) << text;
        const auto entry = completed(SourceKind::Url);
        EXPECT_TRUE(entry.copy_damaged);
        EXPECT_EQ(entry.last_good, "");
        EXPECT_THAT(entry.failed, HasSubstr("damaged"));
    }
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("d.example\n")));
    write_file(store_.copy_path("a"), "a.example\nc.example\n");
    EXPECT_TRUE(store_.is_damaged("a")) << "a kill has left the damaged copy, of which no digest was kept";
    std::filesystem::remove(folder_ / "lists/a.sha256");
    EXPECT_FALSE(store_.is_damaged("a")) << "written before there were digests";
}

TEST_F(Store, AConfirmedCopyCountsAsTakenNow) {
    EXPECT_FALSE(store_.confirm_copy("a")) << "there is no copy";
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example\n")));
    std::filesystem::last_write_time(store_.copy_path("a"),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(100));
    const auto before = store_.status("a").last_good;
    ASSERT_TRUE(store_.confirm_copy("a"));
    EXPECT_GT(store_.status("a").last_good, before);
    EXPECT_EQ(text_of(store_.copy_path("a")), "a.example\n");
}

TEST_F(Store, ASignatureCountsForItsKeyAlone) {
    EXPECT_EQ(store_.signed_since("a", "RWkey"), 0);
    ASSERT_TRUE(store_.note_signed("a", "RWkey", 1700000000));
    EXPECT_EQ(store_.signed_since("a", "RWkey"), 1700000000);
    EXPECT_EQ(store_.signed_since("a", "RWother"), 0);
    write_file(folder_ / "lists/a.signed", "RWkey soon\n");
    EXPECT_EQ(store_.signed_since("a", "RWkey"), 0);
}

TEST_F(Store, AnOriginComesBackAsItWasNoted) {
    EXPECT_EQ(store_.origin("a").url, "");
    ASSERT_TRUE(store_.note_origin("a", {"https://lists.example/a?b c", "", "W/\"x y\"", "", 1700000000}));
    const ListOrigin origin = store_.origin("a");
    EXPECT_EQ(origin.url, "https://lists.example/a?b c");
    EXPECT_EQ(origin.key, "");
    EXPECT_EQ(origin.etag, "W/\"x y\"");
    EXPECT_EQ(origin.last_modified, "");
    EXPECT_EQ(origin.fetched_at, 1700000000);
}

TEST_F(Store, AFileIsReadWhereItIs) {
    auto entry = completed(SourceKind::File);
    EXPECT_EQ(entry.path, "/srv/a.txt");
    EXPECT_EQ(entry.signature, "/srv/a.txt.minisig");
    EXPECT_EQ(entry.last_good, "");
    EXPECT_EQ(entry.failed, "");
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example\n")));
    ASSERT_TRUE(store_.note_signed("a", "RWkey", 7));
    entry = completed(SourceKind::File);
    EXPECT_EQ(entry.last_good, store_.copy_path("a"));
    EXPECT_EQ(entry.signed_since, 7);
    EXPECT_EQ(entry.key, "RWkey");
}

TEST_F(Store, AListFromTheWebIsItsCopy) {
    EXPECT_EQ(completed(SourceKind::Url).failed, "it has not been fetched yet; run cenote update");
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example\n")));
    const auto entry = completed(SourceKind::Url);
    EXPECT_EQ(entry.failed, "");
    EXPECT_EQ(entry.path, store_.copy_path("a"));
    EXPECT_EQ(entry.key, "") << "its signature was checked when it was taken";
}

TEST_F(Store, AZoneIsItsMasterFileUntilItExpires) {
    EXPECT_THAT(completed(SourceKind::Zone).failed, HasSubstr("was not transferred yet"));
    write_file(store_.zone_path("a"), "a.example CNAME .\n");
    ASSERT_TRUE(store_.keep_copy("a", as_bytes("a.example CNAME .\n")));
    auto entry = completed(SourceKind::Zone);
    EXPECT_EQ(entry.failed, "");
    EXPECT_EQ(entry.path, store_.zone_path("a"));
    EXPECT_EQ(entry.format, Format::Rpz);
    EXPECT_EQ(entry.last_good, store_.copy_path("a"));
    write_file(store_.zone_expired_path("a"), "");
    entry = completed(SourceKind::Zone);
    EXPECT_THAT(entry.failed, HasSubstr("its zone has expired"));
    EXPECT_EQ(entry.last_good, "") << "an expired zone is used no more, and neither is its copy";
}

TEST_F(Store, TheLastHundredChangesAreKept) {
    EXPECT_THAT(set_changes(set_), IsEmpty());
    for (int i = 0; i < 103; ++i)
        ASSERT_TRUE(note_set_change(set_, {WallTime(seconds(i)), "kim lee", "update", std::to_string(i)}));
    const auto changes = set_changes(set_);
    ASSERT_EQ(changes.size(), 100U);
    EXPECT_EQ(changes.front().set, "3");
    EXPECT_EQ(changes.back().set, "102");
    EXPECT_EQ(changes.back().actor, "kim lee");
    EXPECT_EQ(changes.back().at, WallTime(seconds(102)));
}

TEST_F(Store, ALineThatIsNoChangeIsLeftOut) {
    ASSERT_TRUE(note_set_change(set_, {WallTime(seconds(5)), "kim", "update --force", "5b0c"}));
    write_file(folder_ / "cenote.set.changes", "no time\tkim\tupdate\t1\n\n2026-11-01T00:00:00Z\tkim\tupdate\n" +
                                                   text_of(folder_ / "cenote.set.changes"));
    const auto changes = set_changes(set_);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].action, "update --force");
}

TEST_F(Store, AChangeNamesTheSetByItsChecksum) {
    Diagnostics diagnostics;
    Manifest manifest;
    manifest.seed = 1;
    const auto compiled = compile_in_memory(manifest, diagnostics);
    const auto set = domainset::DomainSet::from_bytes(compiled->bytes);
    EXPECT_EQ(checksum_text(*set).size(), 16U);
    EXPECT_EQ(std::stoull(checksum_text(*set), nullptr, 16), set->info().checksum);
}

TEST_F(Store, AFailureIsOneLineOfLimitedLength) {
    EXPECT_FALSE(update_failure(set_));
    ASSERT_TRUE(note_update_failure(set_, {WallTime(seconds(60)), "first\nsecond"}));
    EXPECT_EQ(update_failure(set_)->text, "first second");
    EXPECT_EQ(update_failure(set_)->at, WallTime(seconds(60)));
    ASSERT_TRUE(note_update_failure(set_, {WallTime{}, std::string(10000, 'x')}));
    EXPECT_EQ(update_failure(set_)->text, std::string(4096, 'x'));
    write_file(folder_ / "cenote.set.failed", "nonsense\n");
    EXPECT_FALSE(update_failure(set_));
    ASSERT_TRUE(clear_update_failure(set_));
    ASSERT_TRUE(clear_update_failure(set_)) << "there is none";
}

TEST_F(Store, AFailureIsHiddenWhileAnUpdateRuns) {
    ASSERT_TRUE(note_update_begins(set_, WallTime(seconds(60))));
    {
        const auto lock = domainset::lock_for_publishing(set_);
        ASSERT_TRUE(lock.ok());
        EXPECT_FALSE(update_failure(set_));
    }
    EXPECT_EQ(update_failure(set_)->text, "it was cut off before its end");
}

TEST_F(Store, AFolderThatCannotBeMadeIsNamed) {
    write_file(folder_ / "lists", "a file");
    const auto kept = store_.keep_copy("a", as_bytes("a.example\n"));
    ASSERT_FALSE(kept.ok());
    EXPECT_THAT(kept.error().text, HasSubstr((folder_ / "lists").string()));
}

}  // namespace
}  // namespace cenote::blocklists
