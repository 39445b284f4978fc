// SPDX-License-Identifier: Apache-2.0
//
// reload, flush.
#include <fmt/format.h>

#include "resolver/report/fields.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct FlushFlags {
    std::string name;  // empty: everything
    bool below = false;
};

Exit reload(Session& session, const Why& why) {
    Json args = Json::object();
    why.put_into(args);
    const auto done = session.ask("reload", std::move(args));
    if (!done) return fail(done.error());
    for (const auto& warning : done->value(field::kWarnings, Json::array()))
        fmt::print(stderr, "cenote: {}\n", cell(warning));
    fmt::print("policy version {} is in force\n", cell(*done, field::kPolicyVersion));
    for (const auto& key : done->value(field::kAtRestart, Json::array()))
        fmt::print("{} is taken over at the next restart: systemctl restart cenoted\n", cell(key));
    return Exit::Done;
}

Exit flush(Session& session, const FlushFlags& flags) {
    Json args = Json::object();
    if (!flags.name.empty()) args = {{field::kName, flags.name}, {field::kBelow, flags.below}};
    const auto done = session.ask("flush", std::move(args));
    if (!done) return fail(done.error());
    print_notes(*done);
    fmt::print("{} answers removed from the cache\n", cell(*done, field::kEntries));
    return Exit::Done;
}

}  // namespace

void add_operations(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("reload", "Have the daemon read its configuration again; with a mistake nothing changes");
    const auto why = std::make_shared<Why>();
    why->add_to(*verb);
    verbs.on(verb, [why](Session& session) { return reload(session, *why); });

    verb = verbs.add("flush", "Remove all answers from the cache, or those of one name");
    const auto flags = std::make_shared<FlushFlags>();
    CLI::Option* name = verb->add_option("NAME", flags->name, "Only this name")->check(check_question)->type_name("");
    verb->add_flag("--below", flags->below, "And all names below it")->needs(name);
    verbs.on(verb, [flags](Session& session) { return flush(session, *flags); });
}

}  // namespace cenote::cli
