// SPDX-License-Identifier: Apache-2.0
//
// privacy, reveal: what is kept of queries and of one client, its removal, and the address behind a pseudonym.
#include <fmt/format.h>

#include <tuple>

#include "resolver/report/fields.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct PrivacyFlags {
    std::string language = "en";
    std::string client;
    std::string purpose;
    bool json = false;
};

Exit statement(Session& session, const PrivacyFlags& flags) {
    const auto answer = session.ask("privacy", {{field::kLanguage, flags.language}});
    if (!answer) return fail(answer.error());
    if (flags.json) {
        print_json(*answer);
        return Exit::Done;
    }
    const Json at_site = session.json_at_site(*answer);
    std::string text = lines(at_site, field::kText);
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
        print_line(text.substr(at, end - at), 2);
        at = end + 1;
    }
    return Exit::Done;
}

void print_files(const Json& files) {
    std::uint64_t found = 0;
    Table table({"LINES", "FILE"});
    for (const Json& row : files) {
        const auto count = row.value(field::kLines, std::uint64_t{0});
        found += count;
        if (count != 0) table.add({std::to_string(count), cell(row, field::kPath)});
    }
    print_line(files.empty()
                   ? std::string("log         none is kept")
                   : fmt::format("log         {} lines name it, in {} files that were read", found, files.size()),
               12);
    table.print();
}

Exit about(Session& session, const PrivacyFlags& flags) {
    const auto answer =
        session.ask("privacy-about", {{field::kClient, flags.client}, {field::kPurpose, flags.purpose}});
    if (!answer) return fail(answer.error());
    if (flags.json) {
        print_json(*answer);
        return Exit::Done;
    }
    fmt::print("address     {}\n", cell(*answer, field::kClient));
    fmt::print("level       {}\n", cell(*answer, field::kIdentity));
    print_line("groups      " + cell(*answer, field::kGroups), 12);
    print_line("exceptions  " + cell(*answer, field::kExceptions), 12);
    fmt::print("memory      {}\n", answer->value(field::kInMemory, false)
                                       ? "among the clients with the most queries or ways around"
                                       : "nothing beside keyed hashes");
    fmt::print("pseudonyms  {} of kept keys\n", cell(*answer, field::kPseudonyms));
    print_files(answer->value(field::kFiles, Json::array()));
    for (const Json& store : answer->value(field::kStores, Json::array()))
        print_line(fmt::format("{:<11} {}{}", cell(store, field::kWhat), cell(store, field::kPath),
                               store.value(field::kWhat, "") == "history" ? ": counts without clients" : ""),
                   12);
    return Exit::Done;
}

Exit erase(Session& session, const PrivacyFlags& flags) {
    const auto answer =
        session.ask("privacy-erase", {{field::kClient, flags.client}, {field::kPurpose, flags.purpose}});
    if (!answer) return fail(answer.error());
    if (flags.json) {
        print_json(*answer);
        return Exit::Done;
    }
    print_line(fmt::format("removed {} lines of {} log files, and what memory had of clients",
                           cell(*answer, field::kLines), cell(*answer, field::kFiles)));
    for (const Json& stays : answer->value(field::kStays, Json::array())) print_line("note   " + cell(stays));
    if (const std::string exceptions = cell(*answer, field::kExceptions); exceptions != "-")
        print_line("note   exceptions that name it: " + exceptions);
    return Exit::Done;
}

struct RevealFlags {
    std::string pseudonym;
    std::string purpose;
    std::uint64_t number = 0;
    bool json = false;
};

Exit list_reveals(Session& session, bool json) {
    const auto answer = session.ask("reveals", Json::object());
    if (!answer) return fail(answer.error());
    if (json) {
        print_json(*answer);
        return Exit::Done;
    }
    Table table({"N", "PSEUDONYM", "ASKED BY", "ASKED AT", "APPROVED BY", "PURPOSE"});
    for (const Json& row : *answer)
        table.add({cell(row, field::kNumber), cell(row, field::kPseudonym), cell(row, field::kAskedBy),
                   session.at_site(cell(row, field::kAskedAt)), cell(row, field::kApprovedBy),
                   cell(row, field::kPurpose)});
    table.print();
    return Exit::Done;
}

Exit ask_reveal(Session& session, const RevealFlags& flags) {
    if (flags.pseudonym.empty()) return list_reveals(session, flags.json);
    const auto answer =
        session.ask("reveal-ask", {{field::kPseudonym, flags.pseudonym}, {field::kPurpose, flags.purpose}});
    if (!answer) return fail(answer.error());
    if (flags.json)
        print_json(*answer);
    else
        print_line(fmt::format("request {} waits for a second person: cenote reveal approve {}",
                               cell(*answer, field::kNumber), cell(*answer, field::kNumber)));
    return Exit::Done;
}

Exit show_reveal(Session& session, const std::string& verb, const RevealFlags& flags) {
    const auto answer = session.ask(verb, {{field::kNumber, flags.number}});
    if (!answer) return fail(answer.error());
    if (flags.json)
        print_json(*answer);
    else
        fmt::print("{} is {}\n", cell(*answer, field::kPseudonym), cell(*answer, field::kClient));
    return Exit::Done;
}

CLI::App* add_of_client(CLI::App* of, const char* name, const char* description, PrivacyFlags& flags) {
    CLI::App* verb = of->add_subcommand(name, description);
    verb->fallthrough();
    verb->add_option("--client", flags.client, "The address")->type_name("IP")->required();
    verb->add_option("--purpose", flags.purpose, "Why, for the audit trail")->type_name("TEXT");
    verb->add_flag("--json", flags.json, "Print JSON");
    return verb;
}

void add_privacy_verb(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("privacy", "What is kept of queries, where, how long and who may look: to hang on the wall");
    const auto flags = std::make_shared<PrivacyFlags>();
    verb->add_option("--lang", flags->language, "The language of the statement")
        ->type_name("en|ko")
        ->check(CLI::IsMember({"en", "ko"}));
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return statement(session, *flags); });
    const CLI::App* of_client = add_of_client(verb, "about", "What is held about an address now", *flags);
    verbs.on(of_client, [flags](Session& session) { return about(session, *flags); });
    CLI::App* removal = add_of_client(verb, "erase", "Remove an address from the query log and from memory", *flags);
    removal->get_option("--purpose")->required();
    verbs.on(removal, [flags](Session& session) { return erase(session, *flags); });
}

}  // namespace

void add_privacy(Verbs& verbs) {
    add_privacy_verb(verbs);
    CLI::App* verb = verbs.add("reveal", "Ask for the address behind a pseudonym; without one, the open requests");
    const auto flags = std::make_shared<RevealFlags>();
    verb->add_option("PSEUDONYM", flags->pseudonym, "The pseudonym, as a log has it")->type_name("");
    verb->add_option("--purpose", flags->purpose, "Why, for the audit trail")->type_name("TEXT");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return ask_reveal(session, *flags); });
    for (const auto& [name, description, request] :
         {std::tuple{"approve", "Approve the request of another person, and see the address", "reveal-approve"},
          std::tuple{"show", "See what a request found, as one of its two persons", "reveal-show"}}) {
        CLI::App* step = verb->add_subcommand(name, description);
        step->fallthrough();
        step->add_option("NUMBER", flags->number, "The number of the request")->type_name("")->required();
        step->add_flag("--json", flags->json, "Print JSON");
        verbs.on(step, [flags, request = std::string(request)](Session& session) {
            return show_reveal(session, request, *flags);
        });
    }
}

}  // namespace cenote::cli
