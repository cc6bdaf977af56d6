"""The credentials of the demo's accounts, issued once and told to whoever registers them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sandbox import municipality
from sandbox.facebook import issue_tokens as issue_page_token
from sandbox.instagram import issue_tokens as issue_instagram_token
from sandbox.linkedin import issue_tokens as issue_linkedin_tokens
from sandbox.municipality import Channel
from sandbox.twitter import issue_app, issue_oauth1
from sandbox.world import World
from sandbox.youtube import issue_tokens


def registered(world: World) -> list[dict[str, Any]]:
    """List the channels whose accounts are there, each with its credentials; issue those that it lacks."""
    listed = []
    for channel in municipality.CHANNELS:
        account = world.account(channel.external_id, channel.platform)
        if account is None:
            continue
        token = account.extra.get("credentials") or _issue(world, channel)
        world.add_account(
            account.platform,
            account.name,
            id=account.id,
            handle=account.handle,
            ours=True,
            extra={**account.extra, "credentials": token},
        )
        listed.append({**asdict(channel), "token": token})
    return listed


def _issue(world: World, channel: Channel) -> dict[str, Any]:
    """Issue what `channel add --token` takes."""
    if channel.platform == "twitter":
        keys = issue_oauth1(world, channel.external_id)
        return {**keys, "app_bearer": issue_app(world, channel.external_id)}
    if channel.platform == "youtube":
        return issue_tokens(world, channel.external_id)
    if channel.platform == "instagram":
        return issue_instagram_token(world, channel.external_id)
    if channel.platform == "linkedin":
        return issue_linkedin_tokens(world, channel.external_id)
    return issue_page_token(world, channel.external_id)
