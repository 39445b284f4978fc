// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/settings.h"

#include "resolver/base/letter_case.h"

namespace cenote::web {

using control::Json;

Result<Settings> Settings::read(const Json& answer) try {
    Settings settings;
    for (const Json& each : answer.at("listen"))
        settings.listen.push_back(
            {each.at("at").get<std::string>(), each.at("address").get<bool>(), each.at("tls").get<bool>()});
    settings.certificate = answer.at("certificate").get<std::string>();
    settings.key = answer.at("key").get<std::string>();
    settings.hosts = answer.at("hosts").get<std::vector<std::string>>();
    settings.node = answer.at("node").get<std::string>();
    settings.proxy_user = answer.at("proxy_user").get<std::string>();
    settings.user_header = fold_case(answer.at("user_header").get<std::string>());
    settings.metrics = answer.at("metrics").get<bool>();
    return settings;
} catch (const Json::exception&) {
    return Error{"cenoted gave settings of another form; use cenoted and cenote-web of the same release"};
}

}  // namespace cenote::web
