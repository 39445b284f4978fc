// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/proofs.h"

#include <gmock/gmock.h>

#include "tests/policy/fixture.h"
#include "tests/support/temporary_folder.h"

namespace cenote::daemon {
namespace {

using namespace policy::testing;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string document(std::uint64_t deviations) {
    using report::Json;
    Json rows = Json::array();
    if (deviations != 0)
        rows.push_back({{"node", "a"},
                        {"name", "b"},
                        {"type", "A"},
                        {"transport", "udp"},
                        {"variant", "plain"},
                        {"expected", "c"},
                        {"got", "d"},
                        {"ede", Json::array()}});
    return Json{{"cells", 10},
                {"deviations", deviations},
                {"names", 1},
                {"nodes", {"a"}},
                {"transports", {"udp"}},
                {"digest", std::string(64, '0')},
                {"policy", std::string(64, '0')},
                {"rows", rows}}
        .dump();
}

class ProofsTest : public ::testing::Test {
protected:
    void record(std::string action, std::string object, std::string after, seconds later) {
        state::Record made;
        made.at = kNow + later;
        made.actor = "kim";
        made.action = std::move(action);
        made.object = std::move(object);
        made.after = std::move(after);
        ASSERT_TRUE(state->change({.rule = nullptr, .policy = nullptr, .record = std::move(made)}).ok());
    }

    testing_support::TemporaryFolder folder;
    std::unique_ptr<state::State> state = state::State::open(folder.path() / "state.db").value();
    std::shared_ptr<const policy::Policy> policy = [] {
        policy::Options options;
        options.directives = {directive("d1", policy::Step::Restrict, {"service:deepseek"}),
                              directive("d2", policy::Step::Restrict, {"service:openai"})};
        return build(options, kNow);
    }();
};

TEST_F(ProofsTest, TheLastOneOfTheTrailCounts) {
    record("proof", "d1", document(3), seconds{1});
    record("proof", "d1", document(0), seconds{2});
    record("directive step", "d1", document(5), seconds{3});
    record("proof", "d1", "no document", seconds{4});
    record("proof", "d9", document(1), seconds{5});
    Proofs proofs;
    const auto found = proofs.of(*policy, *state);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].directive, "d1");
    EXPECT_EQ(found[0].deviations, 0U);
    EXPECT_EQ(found[0].at, kNow + seconds{2});
}

TEST_F(ProofsTest, ANewOneTakesItsPlace) {
    Proofs proofs;
    EXPECT_THAT(proofs.of(*policy, *state), IsEmpty());
    proofs.note({.directive = "d2", .cells = 7, .deviations = 2, .at = kNow});
    const auto found = proofs.of(*policy, *state);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].cells, 7U);
}

}  // namespace
}  // namespace cenote::daemon
