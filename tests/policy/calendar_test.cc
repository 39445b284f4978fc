// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/calendar.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::kNow;
using testing::time;

Calendar calendar_of(Options options) {
    auto calendar = Calendar::of(std::make_shared<const Options>(std::move(options)));
    EXPECT_TRUE(calendar.ok()) << calendar.error().text;
    return std::move(*calendar);
}

Directive restriction() {
    Directive directive;
    directive.id = "d1";
    directive.step = Step::Restrict;
    directive.timezone = "UTC";
    return directive;
}

TEST(Calendar, FollowsDatesPlansAndHours) {
    Options options;
    options.directives = {restriction()};
    Directive& directive = options.directives[0];
    directive.starts = time("2026-03-02T09:00:00Z");  // a Monday
    directive.ends = time("2026-03-04T00:00:00Z");
    directive.planned = {{time("2026-03-03T10:00:00Z"), Step::Block}};
    directive.hours = parse_hours("mon-fri 08:00-19:00").value();
    const Calendar calendar = calendar_of(options);
    const auto at = [&](const char* text) { return calendar.at(time(text))[0]; };
    EXPECT_EQ(at("2026-03-02T08:59:59Z").state, DirectiveState::Planned);
    EXPECT_EQ(at("2026-03-02T09:00:00Z").state, DirectiveState::InForce);
    EXPECT_EQ(at("2026-03-02T09:00:00Z").step, Step::Restrict);
    EXPECT_TRUE(at("2026-03-02T19:00:00Z").outside_hours);
    EXPECT_EQ(at("2026-03-02T19:00:00Z").step, Step::None);
    EXPECT_EQ(at("2026-03-03T10:00:00Z").step, Step::Block);
    EXPECT_EQ(at("2026-03-04T00:00:00Z").state, DirectiveState::Lapsed);

    std::vector<std::string> edges;
    for (auto edge = calendar.next_edge(time("2026-03-01T00:00:00Z")); edge; edge = calendar.next_edge(*edge))
        edges.push_back(format_time(*edge));
    EXPECT_EQ(edges,
              (std::vector<std::string>{"2026-03-02T09:00:00Z", "2026-03-02T19:00:00Z", "2026-03-03T08:00:00Z",
                                        "2026-03-03T10:00:00Z", "2026-03-03T19:00:00Z", "2026-03-04T00:00:00Z"}));
}

TEST(Calendar, ASuspensionTakesStepsToObserve) {
    Options options;
    options.directives = {restriction(), restriction()};
    options.directives[1].step = Step::Observe;
    options.suspended_until = kNow + seconds{60};
    const Calendar calendar = calendar_of(options);
    EXPECT_TRUE(calendar.at(kNow)[0].suspended);
    EXPECT_EQ(calendar.at(kNow)[0].step, Step::Observe);
    EXPECT_FALSE(calendar.at(kNow)[1].suspended) << "it observes anyway";
    EXPECT_EQ(calendar.next_edge(kNow), options.suspended_until);
    EXPECT_EQ(calendar.at(kNow + seconds{60})[0].step, Step::Restrict);
    EXPECT_EQ(calendar.next_edge(kNow + seconds{60}), std::nullopt);
}

TEST(Calendar, NamesAnUnknownTimeZone) {
    Options options;
    options.directives = {restriction()};
    options.directives[0].timezone = "Asia/Atlantis";
    EXPECT_NE(Calendar::of(std::make_shared<const Options>(options)).error().text.find("d1"), std::string::npos);
}

}  // namespace
}  // namespace cenote::policy
