"""Satisfaction surveys: what customers are asked when they have been served, and what they answer.

Owns: surveys, survey_versions, survey_invites, survey_follow_ups.
Emits: SurveyInvited, SurveyAnswered, FollowUpChanged.
Called by: the workbench, the widget (`/w/v1/surveys`), the page `/s/<token>`, channels (`overhear`), wiring.
"""
