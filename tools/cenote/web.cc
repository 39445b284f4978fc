// SPDX-License-Identifier: Apache-2.0
//
// web login: a link that signs in to the web page once.
#include <fmt/format.h>

#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct WebLoginFlags {
    bool json = false;
};

Exit web_login(Session& session, const WebLoginFlags& flags) {
    const auto made = session.ask("web-login", Json::object());
    if (!made) return fail(made.error());
    if (flags.json)
        print_json(*made);
    else
        fmt::print("{}\n", cell(*made, "link"));
    return Exit::Done;
}

}  // namespace

void add_web(Verbs& verbs) {
    CLI::App* web = verbs.add("web", "Sign in to the web page");
    web->require_subcommand(1);
    CLI::App* login = web->add_subcommand("login", "Print a link that signs in once, with your rights, for 10 minutes");
    login->fallthrough();
    const auto flags = std::make_shared<WebLoginFlags>();
    login->add_flag("--json", flags->json, "Print JSON");
    verbs.on(login, [flags](Session& session) { return web_login(session, *flags); });
}

}  // namespace cenote::cli
