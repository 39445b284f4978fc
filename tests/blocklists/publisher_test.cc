// SPDX-License-Identifier: Apache-2.0
#include "blocklists/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "resolver/domainset/publish.h"
#include "tests/blocklists/killed_process.h"
#include "tests/blocklists/lists.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

using domainset::DomainSet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string numbered(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "n" + std::to_string(i) + ".example\n";
    return text;
}

std::vector<Rule> rpz_rules(const std::string& records) {
    std::vector<Rule> rules;
    Reading reading({}, [&](const Rule& rule, std::uint32_t) { rules.push_back(rule); });
    EXPECT_TRUE(read_list(policy_zone(records), Format::Rpz, reading).ok());
    return rules;
}

Sha256Digest digest_of(const std::string& text) {
    return sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// What holds at each name of a set, as text.
std::map<std::string, std::string> contents(const DomainSet& set) {
    std::map<std::string, std::string> all;
    const auto tags = [&set](domainset::SourceSetId id) {
        std::string text;
        for (const auto tag : set.source_set(id)) text += set.sources()[set.tags()[tag].source].id + " ";
        return text;
    };
    set.for_each([&](const domainset::Entry& entry) {
        all[entry.name.to_string()] = tags(entry.own) + "/ " + (entry.below ? tags(*entry.below) : "inherits");
    });
    return all;
}

class Publishers : public ::testing::Test {
protected:
    Publishers() : set_(folder_ / "cenote.set"), store_(set_) { manifest_.seed = 3; }

    void add_list(const std::string& id, const std::string& text, Format format = Format::Domains) {
        write_file(folder_ / id, text);
        Manifest::List list{.id = id, .path = folder_ / id, .format = format};
        store_.complete(list, SourceKind::File);
        std::erase_if(manifest_.lists, [&](const auto& each) { return each.id == id; });
        manifest_.lists.push_back(std::move(list));
    }
    [[nodiscard]] Result<Publisher> lock() const { return Publisher::lock(set_, {"kim", "update"}, milliseconds{0}); }
    Publisher::Published publish() {
        const auto publisher = lock();
        EXPECT_TRUE(publisher.ok());
        auto published = publisher->publish(manifest_, diagnostics_);
        EXPECT_TRUE(published.ok()) << published.error().text;
        return *std::move(published);
    }
    [[nodiscard]] bool has(std::string_view text) const {
        const auto set = domainset::open_with_fallback(set_);
        EXPECT_TRUE(set.ok());
        EXPECT_EQ(set->problem, "");
        return set->set.match(name(text)).has_value();
    }
    /// The temporary files beside the set and in the folder of lists.
    [[nodiscard]] std::vector<std::string> drafts() const {
        std::vector<std::string> drafts;
        for (const auto& each : std::filesystem::recursive_directory_iterator(folder_.path()))
            if (const auto name = each.path().filename().string(); name.starts_with('.')) drafts.push_back(name);
        return drafts;
    }
    [[nodiscard]] std::string copy_of(const std::string& id) const {
        return read_file(store_.copy_path(id), 1 << 20).value();
    }

    testing_support::TemporaryFolder folder_;
    Path set_;
    ListStore store_;
    Manifest manifest_;
    Diagnostics diagnostics_;
};

TEST_F(Publishers, PublishTheSetItsCopiesAndItsNotes) {
    add_list("ads", numbered(3));
    const auto published = publish();
    EXPECT_THAT(published.problems, IsEmpty());
    EXPECT_EQ(published.report.lists.front().entries, 3U);
    EXPECT_TRUE(has("n2.example"));
    EXPECT_EQ(copy_of("ads"), numbered(3));
    EXPECT_EQ(read_file(store_.catalogue_names_path(), 100).value(), "");
    const auto changes = set_changes(set_);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].actor, "kim");
    EXPECT_EQ(changes[0].action, "update");
    EXPECT_EQ(changes[0].set, checksum_text(*DomainSet::open(set_)));
}

TEST_F(Publishers, ExcludeEachOther) {
    const auto first = lock();
    ASSERT_TRUE(first.ok());
    const auto second = lock();
    ASSERT_FALSE(second.ok());
    EXPECT_THAT(second.error().text, HasSubstr("another cenote update is at work on " + set_.string()));
    EXPECT_TRUE(domainset::is_being_published(set_));
}

TEST_F(Publishers, LeaveTheLockToTheNext) {
    { const auto first = lock(); }
    EXPECT_TRUE(lock().ok());
}

TEST_F(Publishers, RemoveTheTemporaryFilesOfAKilledOneAndNoOthers) {
    add_list("ads", numbered(3));
    publish();
    const std::string digits = ".0123456789abcdef";
    for (const char* left : {".cenote.set.next", ".cenote.set.changes", ".cenote.set.failed",
                             ".cenote.set.delta.fedcba9876543210", "lists/.ads.list", "lists/.ads.sha256",
                             "lists/.ads.error", "lists/.ads.signed", "lists/.ads.origin", "lists/.catalogue.names"})
        write_file(folder_ / (left + digits), "half");
    // What others write, without the lock: a compilation, the daemon, a transfer of a zone, for whose list see
    // secondary_zone_thread.cc.
    const std::vector<std::string> others = {".cenote.set", ".state.db.problems.json", "lists/.feed.zone",
                                             "lists/.feed.expired", "lists/.feed.list"};
    for (const std::string& other : others) write_file(folder_ / (other + digits), "half");
    write_file(store_.zone_path("feed"), "a zone");
    {
        const auto first = lock();
        write_file(folder_ / (".cenote.set.next" + digits), "half");
        EXPECT_FALSE(lock());
        EXPECT_EQ(drafts().size(), others.size() + 1) << "one is at work";
    }
    ASSERT_TRUE(lock());
    EXPECT_EQ(drafts().size(), others.size());
    for (const std::string& other : others) EXPECT_TRUE(std::filesystem::exists(folder_ / (other + digits))) << other;
}

TEST_F(Publishers, KeepTheLastGoodCopyOfARefusedList) {
    add_list("ads", numbered(3));
    add_list("other", "other.example\n");
    publish();
    add_list("ads", numbered(3) + "com\n");
    add_list("other", "another.example\n");
    const auto published = publish();
    EXPECT_THAT(published.report.lists.front().error, HasSubstr("it adds 'com'"));
    EXPECT_EQ(store_.status("ads").error, published.report.lists.front().error);
    EXPECT_EQ(copy_of("ads"), numbered(3));
    EXPECT_EQ(copy_of("other"), "another.example\n");
    EXPECT_TRUE(has("n1.example"));
    EXPECT_TRUE(has("another.example"));
    EXPECT_FALSE(has("x.com"));

    add_list("ads", numbered(4));
    publish();
    EXPECT_EQ(store_.status("ads").error, "");
    EXPECT_EQ(copy_of("ads"), numbered(4));
}

TEST_F(Publishers, PublishNothingWithoutAListWhoseCopyIsDamaged) {
    add_list("ads", numbered(3));
    publish();
    write_file(store_.copy_path("ads"), numbered(2));
    add_list("ads", numbered(4));
    std::filesystem::remove(folder_ / "ads");
    const auto publisher = lock();
    ASSERT_TRUE(publisher.ok());
    const auto refused = publisher->publish(manifest_, diagnostics_);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("list 'ads' has no text, because its last good copy is damaged"));
    EXPECT_TRUE(has("n2.example"));

    add_list("ads", numbered(4));  // the source answers again
    ASSERT_TRUE(publisher->publish(manifest_, diagnostics_).ok());
    EXPECT_TRUE(has("n3.example"));
    EXPECT_EQ(copy_of("ads"), numbered(4));
}

TEST_F(Publishers, PublishNothingOfARefusedCatalogue) {
    add_list("ads", numbered(3));
    publish();
    write_file(folder_ / "services" / "a.toml", "vendor = 7\n");
    manifest_.services = {folder_ / "services"};
    add_list("ads", numbered(4));
    const auto publisher = lock();
    EXPECT_FALSE(publisher->publish(manifest_, diagnostics_).ok());
    EXPECT_FALSE(has("n3.example"));
    EXPECT_EQ(copy_of("ads"), numbered(3));
    EXPECT_EQ(set_changes(set_).size(), 1U);
}

TEST_F(Publishers, NoteWhereATextIsFromOnceItIsTaken) {
    add_list("web", numbered(3));
    auto& list = manifest_.lists.front();
    list.origin = ListOrigin{"https://lists.example/a", "", "\"v1\"", "Sun, 01 Nov 2026 00:00:00 GMT", 1000};
    publish();
    EXPECT_EQ(store_.origin("web").etag, "\"v1\"");
    write_file(list.path, "com\n");
    list.last_good = store_.copy_path("web");
    list.origin->etag = "\"v2\"";
    publish();
    EXPECT_EQ(store_.origin("web").etag, "\"v1\"") << "the new text was refused";

    // The source has confirmed the copy.
    const auto old_time = std::filesystem::file_time_type::clock::now() - std::chrono::hours(100);
    std::filesystem::last_write_time(store_.copy_path("web"), old_time);
    list.path = list.last_good;
    list.origin.reset();
    list.unmodified = true;
    publish();
    EXPECT_GT(std::filesystem::last_write_time(store_.copy_path("web")), old_time);
    EXPECT_EQ(store_.status("web").error, "");
    EXPECT_EQ(store_.origin("web").etag, "\"v1\"");

    // A copy that is only compiled again is as old as it was.
    std::filesystem::last_write_time(store_.copy_path("web"), old_time);
    const auto stored_time = std::filesystem::last_write_time(store_.copy_path("web"));
    list.unmodified = false;
    publish();
    EXPECT_EQ(std::filesystem::last_write_time(store_.copy_path("web")), stored_time);
}

TEST_F(Publishers, ReportWhatFailsBesideTheNewSet) {
    write_file(folder_ / "lists", "a file in the place of the folder");
    add_list("ads", numbered(3));
    const auto published = publish();
    ASSERT_EQ(published.problems.size(), 2U) << "the catalogue's names and the copy";
    EXPECT_TRUE(has("n2.example"));
    EXPECT_EQ(set_changes(set_).size(), 1U);
}

TEST_F(Publishers, RestoreThePreviousSet) {
    const auto none = lock()->restore_previous();
    EXPECT_FALSE(none.ok());
    add_list("ads", numbered(3));
    publish();
    add_list("ads", numbered(4));
    publish();
    const auto publisher = Publisher::lock(set_, {"kim", "update --rollback"}, milliseconds{0});
    const auto problems = publisher->restore_previous();
    ASSERT_TRUE(problems.ok());
    EXPECT_THAT(*problems, IsEmpty());
    EXPECT_FALSE(has("n3.example"));
    EXPECT_EQ(set_changes(set_).back().action, "update --rollback");
    EXPECT_EQ(set_changes(set_).back().set, set_changes(set_).front().set);
}

TEST_F(Publishers, NoteTheBeginningAndTheEnd) {
    {
        const auto publisher = lock();
        ASSERT_TRUE(publisher->note_begin());
        EXPECT_FALSE(update_failure(set_)) << "it is running";
    }
    EXPECT_EQ(update_failure(set_)->text, "it was cut off before its end");
    ASSERT_TRUE(lock()->note_end("the disk is full"));
    EXPECT_EQ(update_failure(set_)->text, "the disk is full");
    ASSERT_TRUE(lock()->note_end(""));
    EXPECT_FALSE(update_failure(set_));
}

TEST_F(Publishers, ADeltaEqualsACompilation) {
    const std::string before = "bad.example CNAME .\n*.bad.example CNAME .\ngone.example CNAME .\n";
    const std::string now = "bad.example CNAME .\n*.bad.example CNAME .\nok.bad.example CNAME rpz-passthru.\n";
    add_list("zone", policy_zone(before), Format::Rpz);
    add_list("other", "x.ok.bad.example\n");
    publish();
    const auto known = DomainSet::open(set_);
    Increment change{.list = "zone", .before = digest_of(policy_zone(before)), .now = digest_of(policy_zone(now))};
    change.removed = rpz_rules("gone.example CNAME .\n");
    change.added = rpz_rules("ok.bad.example CNAME rpz-passthru.\n");
    change.around = [&](const std::vector<wire::Name>&) { return rpz_rules(now); };
    {
        const auto publisher = lock();
        const auto changed = publisher->publish_delta(*known, change, manifest_);
        ASSERT_TRUE(changed.ok()) << changed.error().text;
        ASSERT_TRUE(*changed);
        EXPECT_EQ(copy_of("zone"), policy_zone(before)) << "until the daemon has the set";
        const std::string text = policy_zone(now);
        ASSERT_TRUE(publisher->keep_copy("zone", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    }
    EXPECT_EQ(copy_of("zone"), policy_zone(now));
    EXPECT_EQ(set_changes(set_).size(), 2U);
    const auto with_delta = DomainSet::open(set_);
    ASSERT_TRUE(with_delta.ok());
    EXPECT_GT(with_delta->info().delta, 0U);
    EXPECT_EQ(set_changes(set_).back().set, checksum_text(*with_delta));
    add_list("zone", policy_zone(now), Format::Rpz);
    std::reverse(manifest_.lists.begin(), manifest_.lists.end());
    publish();
    EXPECT_EQ(contents(*with_delta), contents(*DomainSet::open(set_)));

    manifest_.protect = {name("ok.bad.example")};
    const auto guarded = lock()->publish_delta(*DomainSet::open(set_), change, manifest_);
    ASSERT_TRUE(guarded.ok());
    EXPECT_FALSE(*guarded) << "the guard decides: all must be compiled";
    EXPECT_EQ(set_changes(set_).size(), 3U);
}

/// Between any two steps the set is whole, and a copy is never newer than the set.
TEST_F(Publishers, AKillAtAnyPointLeavesTheOldSetOrTheNewOne) {
    add_list("ads", numbered(3));
    publish();
    ASSERT_TRUE(lock()->note_end(""));
    const Path before = folder_.path().string() + ".before";
    std::filesystem::copy(folder_.path(), before, std::filesystem::copy_options::recursive);
    const auto work = [this] {
        const auto publisher = lock();
        return publisher && publisher->note_begin() && publisher->publish(manifest_, diagnostics_) &&
               publisher->note_end("");
    };
    std::size_t old_sets = 0;
    std::size_t new_sets = 0;
    std::size_t interrupted = 0;
    auto ended = testing_support::Ended::Killed;
    for (std::size_t index = 0; ended == testing_support::Ended::Killed; ++index) {
        SCOPED_TRACE(index);
        std::filesystem::remove_all(folder_.path());
        std::filesystem::copy(before, folder_.path(), std::filesystem::copy_options::recursive);
        add_list("ads", numbered(4));
        ended = testing_support::run_and_kill(work, index);
        const bool is_new = has("n3.example");
        EXPECT_TRUE(has("n0.example"));
        EXPECT_TRUE(is_new || new_sets == 0) << "the step that replaces the set is one";
        ++(is_new ? new_sets : old_sets);
        EXPECT_EQ(copy_of("ads").size(), copy_of("ads") == numbered(4) ? numbered(4).size() : numbered(3).size());
        EXPECT_TRUE(is_new || copy_of("ads") == numbered(3));
        interrupted += update_failure(set_) ? 1U : 0U;
        EXPECT_TRUE(lock().ok()) << "the lock ends with the process";
        EXPECT_THAT(drafts(), IsEmpty()) << "the next publisher removes them";
    }
    std::filesystem::remove_all(before);
    if (ended == testing_support::Ended::NotTraced) GTEST_SKIP() << "ptrace(2) is not permitted here";
    EXPECT_EQ(ended, testing_support::Ended::Done);
    EXPECT_TRUE(has("n3.example"));
    EXPECT_FALSE(update_failure(set_));
    EXPECT_GT(old_sets, 4U);
    EXPECT_GT(new_sets, 4U);
    EXPECT_GT(interrupted, 4U);
}

}  // namespace
}  // namespace cenote::blocklists
