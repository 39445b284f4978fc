// SPDX-License-Identifier: Apache-2.0
//
// profile: settings by which clients use the encrypted services of this resolver.
#include <fmt/format.h>

#include <map>

#include "tools/cenote/profiles.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct ProfileFlags {
    std::string system;
    std::vector<std::string> addresses;
};

using MakeProfile = Result<std::string> (*)(const ReachableResolver&);
const std::map<std::string, MakeProfile>& profiles() {
    static const std::map<std::string, MakeProfile> kAll{{"apple", apple_profile},
                                                         {"android", android_profile},
                                                         {"windows", windows_profile},
                                                         {"chrome", chrome_profile},
                                                         {"firefox", firefox_profile}};
    return kAll;
}

Exit print_profile(Session& session, const ProfileFlags& flags) {
    const auto settings = session.settings();
    if (!settings) return fail(settings.error());
    const auto resolver = find_reachable(**settings, flags.addresses);
    if (!resolver) return fail(resolver.error());
    const auto text = profiles().at(flags.system)(*resolver);
    if (!text) return fail(text.error());
    fmt::print("{}", *text);
    return Exit::Done;
}

}  // namespace

void add_profile(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("profile", "Print the settings of a client, so that it uses this resolver by DNS over TLS or HTTPS");
    const auto flags = std::make_shared<ProfileFlags>();
    verb->add_option("SYSTEM", flags->system, "apple, android, windows, chrome (and Edge) or firefox")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"apple", "android", "windows", "chrome", "firefox"}));
    verb->add_option("--address", flags->addresses, kAddressHelp)
        ->type_name("IP")
        ->allow_extra_args(false)
        ->check(check_reachable);
    verbs.on(verb, [flags](Session& session) { return print_profile(session, *flags); });
}

}  // namespace cenote::cli
