// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/pages/phrases.h"

namespace cenote::pages {
namespace {

constexpr std::array kFrontPhrases{
    Phrase{"front.sign_in.title", "Please sign in", "로그인이 필요합니다"},
    Phrase{
        "front.sign_in.text",
        "Run 'cenote web login' on this node, and open the link that it prints. It works once, for ten minutes, with "
        "your rights to read.",
        "이 노드에서 'cenote web login'을 실행하고 출력된 링크를 여십시오. 링크는 10분 동안 한 번만 쓸 수 있으며, "
        "본인의 읽기 권한이 적용됩니다."},
    Phrase{"front.signed_in.title", "Signed in", "로그인되었습니다"},
    Phrase{"front.signed_in.text", "You are signed in as {user}. The overview opens by itself.",
           "{user} 사용자로 로그인되었습니다. 개요 페이지가 자동으로 열립니다."},
    Phrase{"front.signed_out.title", "Signed out", "로그아웃되었습니다"},
    Phrase{"front.signed_out.text", "This session has ended. 'cenote web login' prints a link for another one.",
           "세션이 종료되었습니다. 다시 로그인하려면 'cenote web login'으로 링크를 출력하십시오."},
    Phrase{"front.link.title", "This link does not sign in", "이 링크로는 로그인할 수 없습니다"},
    Phrase{
        "front.link.text",
        "A link works once and for ten minutes, and only for who may read. Print another one with 'cenote web login'.",
        "링크는 10분 동안 한 번만 쓸 수 있으며 읽기 권한이 있어야 합니다. 'cenote web login'으로 새 링크를 "
        "출력하십시오."},
    Phrase{"front.ahead.title", "A link to sign in", "로그인 링크"},
    Phrase{"front.ahead.text", "The link was fetched ahead and not used. Open it to sign in.",
           "링크를 미리 가져왔을 뿐 사용하지 않았습니다. 로그인하려면 링크를 여십시오."},
    Phrase{"front.daemon.title", "cenoted does not answer", "cenoted가 응답하지 않습니다"},
    Phrase{"front.daemon.text", "The daemon cannot be reached; systemctl status cenoted says why.",
           "데몬에 연결할 수 없습니다. systemctl status cenoted로 원인을 확인하십시오."},
    Phrase{"front.daemon.why", "{why}",
           "데몬에 연결할 수 없습니다. systemctl status cenoted로 원인을 확인하십시오. ({why})"},
    Phrase{"front.busy.title", "Too many requests", "요청이 너무 많습니다"},
    Phrase{"front.busy.text", "More is being asked than can be answered at once. Please try again in some seconds.",
           "한 번에 처리할 수 있는 것보다 요청이 많습니다. 몇 초 뒤에 다시 시도하십시오."},
    Phrase{"front.host.title", "This is not the site that you asked for", "요청한 사이트가 아닙니다"},
    Phrase{"front.host.text",
           "The page is not known under this name. Names beside those of the node are listed in [web].hosts.",
           "이 이름으로는 페이지를 제공하지 않습니다. 노드 이름 외의 이름은 [web].hosts에 적습니다."},
    Phrase{"front.method.title", "This page only shows", "이 페이지는 보기 전용입니다"},
    Phrase{"front.method.text", "Nothing can be changed here: only GET and HEAD are answered.",
           "여기서는 아무것도 바꿀 수 없습니다. GET과 HEAD 요청에만 응답합니다."},
    Phrase{"front.request.title", "This request is not understood", "요청을 이해할 수 없습니다"},
    Phrase{"front.request.text", "It has a form that no browser sends.", "브라우저가 보내지 않는 형식의 요청입니다."},
    Phrase{"front.elsewhere.title", "This request is from another site", "다른 사이트에서 보낸 요청입니다"},
    Phrase{"front.elsewhere.text", "It was not made by a page of this site, and nothing was done.",
           "이 사이트의 페이지에서 보낸 요청이 아니므로 처리하지 않았습니다."},
    Phrase{"front.headers.title", "The request is too large", "요청이 너무 큽니다"},
    Phrase{"front.headers.text", "Its headers have more bytes than are read.", "요청 헤더가 허용 크기를 넘었습니다."},
    Phrase{"front.address.title", "This address is in no proper form", "주소 형식이 올바르지 않습니다"},
    Phrase{"front.address.text", "It is too long, or has parts that no address of this site has.",
           "주소가 너무 길거나, 이 사이트에 없는 형식의 부분이 있습니다."},
    Phrase{"front.failed.title", "This page could not be made", "페이지를 만들지 못했습니다"},
    Phrase{"front.failed.text", "The log of cenote-web says why. The daemon is not concerned.",
           "원인은 cenote-web의 로그에 있습니다. 데몬에는 영향이 없습니다."},
    Phrase{"front.missing.title", "This file does not exist", "파일이 없습니다"},
    Phrase{"front.missing.text", "Nothing stands at this address.", "이 주소에는 파일이 없습니다."},
};

}  // namespace

std::span<const Phrase> front_phrases() noexcept { return kFrontPhrases; }

}  // namespace cenote::pages
