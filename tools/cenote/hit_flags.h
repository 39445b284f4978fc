// SPDX-License-Identifier: Apache-2.0
//
// Flags of the verbs that show single queries: which hits. Private to the tool.
//
// Threads: one.   Memory: the texts.   Failure: an empty value is refused, so that no filter is without effect.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "resolver/report/fields.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

struct HitFlags {
    std::string directive, service, group, verdict;

    std::vector<CLI::Option*> add_to(CLI::App& verb, const std::vector<std::string>& verdicts) {
        std::vector<CLI::Option*> all{
            verb.add_option("--directive", directive, "Only of this directive")->type_name("ID"),
            verb.add_option("--service", service, "Only of this service or list")->type_name("SERVICE"),
            verb.add_option("--group", group, "Only of this group")->type_name("GROUP")};
        for (CLI::Option* option : all) option->check(check_filled);
        all.push_back(verb.add_option("--verdict", verdict, "Only with this verdict")
                          ->type_name("VERDICT")
                          ->check(CLI::IsMember(verdicts)));
        return all;
    }
    void put_into(Json& args) const {
        namespace field = report::field;
        for (const auto& [key, value] : {std::pair{field::kDirective, &directive},
                                         {field::kService, &service},
                                         {field::kGroup, &group},
                                         {field::kVerdict, &verdict}})
            if (!value->empty()) args[key] = *value;
    }

    static std::string check_filled(const std::string& text) {
        return text.empty() ? "the value is empty; leave the option out, or name one" : "";
    }
};

}  // namespace cenote::cli
