// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/protocol.h"

#include <fmt/format.h>

namespace cenote::control {
namespace {

constexpr int kDepthMax = 16;  // no request or reply nests deeper; copying a value recurses
constexpr std::size_t kVerbBytesMax = 64;

/// Bytes that are not UTF-8 (a name from a hostile query) are replaced: the library would throw.
std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Result<Json> parse_object(std::string_view line) {
    if (line.size() > kLineMax) return Error{fmt::format("the line is longer than {} bytes", kLineMax)};
    bool too_deep = false;
    const auto limit_depth = [&too_deep](int depth, Json::parse_event_t, Json&) {
        too_deep |= depth > kDepthMax;
        return depth <= kDepthMax;
    };
    Json json = Json::parse(line, limit_depth, false);
    if (too_deep) return Error{fmt::format("the line nests deeper than {} levels", kDepthMax)};
    if (!json.is_object()) return Error{"the line is not a JSON object"};
    const auto version = json.find("v");
    if (version == json.end() || !version->is_number_integer())
        return Error{fmt::format("the line does not say its protocol version; write \"v\":{}", kVersion)};
    if (*version != kVersion)
        return Error{
            fmt::format("the other side speaks version {} of the control protocol, this one {}; "
                        "use cenote and cenoted of the same release",
                        version->dump(), kVersion)};
    return json;
}

}  // namespace

void JoinedData::take(const Json& data) {
    if (data.is_string()) text_ += data.get_ref<const std::string&>();
    if (data.is_array()) rows_.insert(rows_.end(), data.begin(), data.end());
}

Json JoinedData::with(Json last) && {
    if (text_.empty() && rows_.empty()) return last;
    take(last);
    return rows_.empty() ? Json(std::move(text_)) : std::move(rows_);
}

std::string encode(const Request& request) {
    Json json{{"v", kVersion}, {"verb", request.verb}, {"args", request.args}};
    if (!request.as.empty()) json["as"] = request.as;
    return to_line(json);
}

std::string encode(const Response& response) {
    Json json{{"v", kVersion}, {"ok", response.ok}};
    if (response.more) json["more"] = true;
    if (response.ok)
        json["data"] = response.data;
    else
        json["error"] = response.error;
    return to_line(json);
}

Result<Request> decode_request(std::string_view line) {
    auto json = parse_object(line);
    if (!json) return std::move(json).error();
    const auto verb = json->find("verb");
    if (verb == json->end() || !verb->is_string()) return Error{"the request names no \"verb\""};
    Request request;
    request.verb = verb->get<std::string>();
    if (request.verb.empty() || request.verb.size() > kVerbBytesMax) return Error{"the request names no \"verb\""};
    if (const auto as = json->find("as"); as != json->end()) {
        if (!as->is_string()) return Error{"the request's \"as\" is no text"};
        request.as = as->get<std::string>();
        if (request.as.empty() || request.as.size() > kSessionBytesMax)
            return Error{fmt::format("the request's \"as\" has no byte, or more than {}", kSessionBytesMax)};
    }
    const auto args = json->find("args");
    if (args == json->end()) return request;
    if (!args->is_object()) return Error{"the request's \"args\" are not a JSON object"};
    request.args = std::move(*args);
    return request;
}

Result<Response> decode_response(std::string_view line) {
    auto json = parse_object(line);
    if (!json) return std::move(json).error();
    const auto ok = json->find("ok");
    if (ok == json->end() || !ok->is_boolean()) return Error{"the reply does not say whether it is \"ok\""};
    Response response;
    response.ok = ok->get<bool>();
    if (const auto more = json->find("more"); more != json->end() && more->is_boolean())
        response.more = more->get<bool>();
    if (const auto error = json->find("error"); error != json->end() && error->is_string())
        response.error = error->get<std::string>();
    if (const auto data = json->find("data"); data != json->end()) response.data = std::move(*data);
    return response;
}

}  // namespace cenote::control
